"""status: what is published, out of date and gone."""

import json
import re
from dataclasses import replace

import pytest

from pipelines.warehouse.lock import hold_lock
from pipelines.warehouse.runs import list_runs
from schemas.language.registry import load_tables
from tests.conftest import Archive, Run, post


@pytest.mark.usefixtures("build")
def test_status_shows_what_is_published_and_what_is_not_yet(archive: Archive, run: Run) -> None:
    archive.age()
    run("build", "--jobs", "1")
    archive.write("_news/new.md", post())
    archive.delete("_news/bad.md")
    status = json.loads(run("status", "--json").out)
    assert status["snapshot"] == 2
    assert status["tables"]["articles"]["rows"] == 1
    assert status["files"] == {"loaded": 1, "rejected": 1}
    assert status["raw"] == {
        "new": 1,
        "to_be_read_again": 0,
        "deleted": 1,
        "gone": ["_news/bad.md"],
        "include": [],
        "exclude": [],
    }
    assert status["stale"] == {table: [] for table in load_tables()}
    assert [each["status"] for each in status["runs"]] == ["published", "published"]
    assert "1 new, 1 deleted\n  gone: _news/bad.md\n" in run("status").out


def test_status_says_what_is_damaged(archive: Archive, run: Run) -> None:
    archive.write("a.md", post({"images": "[{url: /i}]"}))
    run("build", "--jobs", "1")
    assert json.loads(run("status", "--json").out)["damage"] is None
    archive.snapshot.list_files("images")["2024-03"].unlink()
    told = run("status")
    assert (told.code, told.out.count("damaged: ")) == (0, 1)
    assert re.search(r"damaged: .*images.*No such file.*build --full", told.out)


def test_status_names_the_first_of_many_files_that_are_gone(archive: Archive, run: Run) -> None:
    for number in range(12):
        archive.write(f"{number:02}.md", post())
    run("build", "--jobs", "1")
    for number in range(12):
        archive.delete(f"{number:02}.md")
    told = run("status").out
    assert re.findall("gone: (.+)", told) == [f"{number:02}.md" for number in range(10)]
    assert "  and 2 more, which --json lists\n" in told


@pytest.mark.usefixtures("build")
def test_status_says_what_was_killed_and_that_the_raw_folder_is_gone(
    archive: Archive, run: Run
) -> None:
    record = list_runs(archive.warehouse.root, at_most=1)[0]
    replace(record, status="running").write(archive.warehouse.root)
    archive.raw.rename(archive.raw.with_name("elsewhere"))
    assert "raw: No such file or directory, expected a readable folder" in run("status").out
    assert json.loads(run("status", "--json").out)["runs"][0]["status"] == "killed"
    with hold_lock(archive.warehouse.root, "build"):
        assert json.loads(run("status", "--json").out)["runs"][0]["status"] == "running"
