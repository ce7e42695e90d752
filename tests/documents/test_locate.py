"""The lines of findings, found in the raw files."""

import hashlib

import polars as pl

from pipelines.documents.locate import MANY_FILES, locate_findings
from pipelines.tables.findings import complete_findings
from tests.tables.test_findings import finding

TEXT = b"---\ntitle: a\nrelated:\n  - webUrl: x\n---\n"
SHA256 = hashlib.sha256(TEXT).hexdigest()


def read(source_path: str) -> bytes:
    if source_path == "gone.md":
        raise FileNotFoundError(source_path)
    return TEXT


def test_a_finding_gets_the_line_of_its_field_in_the_file_that_was_parsed() -> None:
    findings = complete_findings(
        pl.DataFrame(
            [
                finding(field_path="related[0].webUrl"),
                finding(field_path="related[0].title"),
                finding(),
                finding(field_path="title", source_path="changed.md"),
                finding(field_path="title", source_path="gone.md"),
            ]
        )
    )
    located = locate_findings(
        findings, read, {"a.md": SHA256, "changed.md": "0", "gone.md": SHA256}
    )
    assert located.select("line", "column_number").rows() == [
        (4, 13),
        (4, 5),
        (None, None),
        (None, None),
        (None, None),
    ]


def test_many_files_are_located_like_few() -> None:
    field_paths = ["title", "related", "related[0].webUrl", "absent"]
    paths = [f"{number}.md" for number in range(MANY_FILES)]
    findings = complete_findings(
        pl.DataFrame(
            [
                finding(field_path=field_path, source_path=path)
                for path in paths
                for field_path in field_paths
            ]
        )
    )
    located = locate_findings(findings, read, dict.fromkeys(paths, SHA256))
    assert located.select("line", "column_number").rows() == [
        (2, 8),
        (4, 3),
        (4, 13),
        (2, 1),
    ] * len(paths)
