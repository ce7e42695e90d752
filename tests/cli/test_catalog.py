"""catalog: the page of a snapshot."""

import json
from pathlib import Path

import pytest

from tests.conftest import Archive, Run, post


@pytest.mark.usefixtures("build")
def test_it_prints_where_the_page_is(run: Run, archive: Archive) -> None:
    done = run("catalog")
    assert (done.code, done.out) == (0, "warehouse/snapshots/000001/catalog.html\n")
    page = (archive.warehouse.root / "catalog.html").read_text(encoding="utf-8")
    assert "Before you count" in page


@pytest.mark.usefixtures("build")
def test_it_writes_the_page_elsewhere(run: Run, tmp_path: Path, archive: Archive) -> None:
    done = run("catalog", "--output", "page.html")
    assert (done.code, done.out) == (0, "page.html\n")
    assert "Before you count" in (tmp_path / "page.html").read_text(encoding="utf-8")
    left = (archive.warehouse.root / "catalog.html").read_text(encoding="utf-8")
    assert "Before you count" not in left


@pytest.mark.usefixtures("build")
def test_it_makes_the_page_of_an_older_snapshot(run: Run, archive: Archive) -> None:
    archive.write("_news/new.md", post())
    archive.run()
    assert run("catalog", "--snapshot", "1").out.endswith("000001/catalog.html\n")
    assert "Snapshot 1" in (archive.warehouse.root / "snapshots/000001/catalog.html").read_text()


@pytest.mark.usefixtures("build")
def test_it_prints_the_facts_for_machines(run: Run) -> None:
    facts = json.loads(run("catalog", "--json").out)
    assert facts["snapshot"] == 1
    assert {table["table"] for table in facts["tables"]} >= {"articles", "findings"}


@pytest.mark.usefixtures("build")
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--json", "--output", "x.html"), "--json and --output exclude each other"),
        (("--json", "--open"), "--json and --open exclude each other"),
        (("--output", "."), "is a directory"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    run: Run, options: tuple[str, ...], problem: str
) -> None:
    done = run("catalog", *options)
    assert done.code == 2
    assert problem in " ".join(done.err.replace("│", " ").split())


@pytest.mark.usefixtures("build")
def test_a_snapshot_that_is_not_there_is_named(run: Run) -> None:
    done = run("catalog", "--snapshot", "7")
    assert done.code == 1
    assert "no snapshot 7; there are: 1" in done.err


def test_without_a_warehouse_it_says_what_to_do(run: Run) -> None:
    done = run("catalog")
    assert done.code == 1
    assert "matterhouse build" in done.err


@pytest.mark.usefixtures("build")
def test_a_damaged_file_is_named_and_no_page_is_made(run: Run, archive: Archive) -> None:
    file = next(archive.snapshot.folder.glob("articles/*/*.parquet"))
    file.chmod(0o644)
    file.write_bytes(b"x")
    done = run("catalog")
    assert done.code == 1
    assert file.name in done.err
