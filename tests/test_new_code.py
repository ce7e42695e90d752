"""A change of the code reaches what it makes and what hangs on that, and nothing else."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import Archive, post

ROOT = Path(__file__).parent.parent
CHILDREN = {"images": "[{url: /i}]", "related": "[{webUrl: /r}]"}
RUN_FLOW = """
import sys
from pathlib import Path
from pipelines.run import Job, run_job
record = run_job(Job(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), jobs=1))
print({table: months for table, months in record.rewritten.items() if months})
"""


class Code:
    """A copy of the code, to be changed, and run in processes of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for package in ("pipelines", "schemas"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / package, folder / package, ignore=ignored)

    def change(self, module: str, old: str, new: str) -> None:
        path = self.folder / module
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, flow: str, archive: Archive) -> dict[str, list[str]]:
        """The partitions that a run rewrites."""
        process = subprocess.run(
            [sys.executable, "-c", RUN_FLOW, flow, archive.warehouse.root, archive.raw],
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        )
        rewritten: dict[str, list[str]] = ast.literal_eval(process.stdout)
        return rewritten


@pytest.fixture
def code(tmp_path: Path) -> Code:
    """The code as it is."""
    return Code(tmp_path / "code")


def test_a_fixed_rule_reaches_its_table_and_what_hangs_on_it(archive: Archive, code: Code) -> None:
    archive.write("good.md", post({"publishedDateTime": "2024-03-05", **CHILDREN}))
    archive.write("bad.md", post({"publishedDateTime": "2024-04-05", "title": None, **CHILDREN}))
    archive.run()
    code.change("schemas/articles.py", ", IS_NOT_BLANK, is_required=True)", ", IS_NOT_BLANK)")
    assert code.run("articles", archive) == {
        "articles": ["2024-04"],
        "images": ["2024-04"],
        "related_links": ["2024-04"],
        "findings": ["all"],
        "files": ["all"],
    }
    assert archive.statuses()["bad.md"] == "loaded"
    assert code.run("build", archive) == {}


def test_what_is_concluded_follows_its_code_though_no_file_changed(
    archive: Archive, code: Code
) -> None:
    archive.write("a.md", post({"mood": "good"}))
    archive.write("b.md", post({"title": None}))
    archive.age()
    archive.run()
    code.change("pipelines/drift.py", "has no column, so", "is unknown, so")
    code.change("pipelines/files.py", 'pl.format("{}: {}"', 'pl.format("{} - {}"')
    assert code.run("build", archive) == {"findings": ["all"], "files": ["all"]}
    (drift,) = archive.rows("findings").filter(rule="is_known_key")["message"]
    assert drift.startswith("the key mood is unknown, so")
    (reason,) = archive.rows("files").filter(status="rejected")["reason"]
    assert reason == "title is_not_null - found nothing, expected a value"
    assert code.run("build", archive) == {}


def test_a_table_without_rows_has_the_columns_of_now(archive: Archive, code: Code) -> None:
    archive.write("a.md", post())
    archive.age()
    archive.run()
    code.change(
        "schemas/related_links.py",
        '        "title": text("title",',
        '        "heading": text("title", "Once more."),\n        "title": text("title",',
    )
    assert code.run("build", archive) == {"related_links": ["unknown"]}
    (file,) = archive.snapshot.folder.glob("related_links/*/*.parquet")
    assert "heading" in pl.read_parquet_schema(file)
    assert code.run("build", archive) == {}
