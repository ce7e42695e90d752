"""findings: in the words of the file, with line and column."""

import hashlib

import polars as pl

from pipelines.tables.findings import complete_findings, locate_findings, sort_findings
from schemas.findings import FINDINGS

TEXT = b"---\ntitle: a\nrelated:\n  - webUrl: x\n---\n"
SHA256 = hashlib.sha256(TEXT).hexdigest()


def finding(**change: object) -> dict[str, object]:
    base = {"severity": "error", "table_name": "articles", "source_path": "a.md", "rule": "is_url"}
    return {**base, "field_path": None, "value": None, "expected": "an address", **change}


def test_a_message_is_made_of_what_was_found_and_expected() -> None:
    findings = complete_findings(
        pl.DataFrame([finding(value="x"), finding(), finding(value="y" * 300)])
    )
    assert findings["message"].to_list() == [
        'found "x", expected an address',
        "found nothing, expected an address",
        f'found "{"y" * 200}", expected an address',
    ]
    assert findings["value"].to_list() == ["x", None, "y" * 200]
    assert findings.schema == pl.Schema(FINDINGS.dtypes)


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


def test_findings_have_one_order() -> None:
    findings = complete_findings(
        pl.DataFrame(
            [
                finding(source_path="b.md"),
                finding(field_path="b"),
                finding(field_path="a"),
                finding(table_name="images"),
                finding(field_path="a", rule="is_text"),
            ]
        )
    )
    assert sort_findings(findings).equals(sort_findings(findings.reverse()))
    assert sort_findings(findings)["field_path"].to_list() == ["a", "a", "b", None, None]
