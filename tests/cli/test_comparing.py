"""`matterhouse diff`: how many rows changed, and which."""

import json
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import MARCH, Archive, Run, post


@pytest.fixture
def edited(built: Archive) -> Archive:
    """A built archive with a second snapshot, in which one post changed."""
    built.write("_news/b.md", post(MARCH | {"heat": "5", "title": "'Two\twords'"}))
    built.run()
    return built


@pytest.mark.usefixtures("edited")
def test_rows_are_shown_after_counts_by_table_and_column(run: Run) -> None:
    lines = run("diff", "--rows", "--table", "articles").out.splitlines()
    assert lines == [
        "from snapshot 1 to 2",
        "table     added  removed  changed  moved  changed columns",
        "articles      0        0        1      0  title 1, title_text 1, heat 1",
        "",
        "articles",
        "  ~ _news/b.md  title: A title -> Two\\twords",
        "  ~ _news/b.md  title_text: A title -> Two words",
        "  ~ _news/b.md  heat: null -> 5",
    ]


@pytest.mark.usefixtures("edited")
def test_counts_name_the_command_that_shows_the_rows(run: Run) -> None:
    shown = run("diff")
    assert "see which rows with `matterhouse diff 1 2 --rows" in shown.err
    assert run("diff", "2", "2").err == ""


@pytest.mark.usefixtures("edited")
def test_json_has_the_counts_alone_or_with_the_rows(run: Run) -> None:
    counts = json.loads(run("diff", "--json", "--table", "articles").out)
    assert counts == [
        {
            "table": "articles",
            "added": 0,
            "removed": 0,
            "changed": 1,
            "partitions": ["2024-03"],
            "moved": 0,
            "columns": {"title": 1, "title_text": 1, "heat": 1},
        }
    ]
    rows = json.loads(run("diff", "--rows", "--json", "--table", "articles").out)
    assert (rows["old"], rows["new"], rows["counts"]) == (1, 2, counts)
    assert rows["rows"][2] == {
        "table": "articles",
        "path": "_news/b.md",
        "key": "_news/b.md",
        "change": "changed",
        "column": "heat",
        "old": None,
        "new": "5",
    }


def test_what_is_staged_is_compared_with_what_is_published(edited: Archive, run: Run) -> None:
    edited.write("_news/b.md", post(MARCH | {"heat": "6"}))
    edited.run(dry_run=True)
    shown = run("diff", "staged", "--rows", "--table", "articles").out
    assert shown.startswith("from snapshot 2 to what is staged\n")
    assert "heat: 5 -> 6" in shown
    assert run("diff", "current", "staged", "--rows", "--table", "articles").out == shown
    assert "heat: null -> 6" in run("diff", "1", "staged", "--rows").out


def test_nothing_staged_is_an_error_of_one_line(edited: Archive, run: Run) -> None:
    assert edited.warehouse.numbers() == [1, 2]
    outcome = run("diff", "staged")
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)


@pytest.mark.usefixtures("edited")
@pytest.mark.parametrize(
    "arguments",
    [
        ("newest",),
        ("-1",),
        ("²",),
        ("--month", "2024-3"),
        ("--path", "[z-a]"),
        ("--format", "parquet"),
        ("--format", "csv", "--json"),
        ("--rows", "--output", "rows.txt"),
        ("--output", "raw"),
        ("--limit", "-1"),
    ],
)
def test_wrong_usage_ends_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("diff", *arguments).code == 2


@pytest.mark.usefixtures("edited")
def test_a_file_is_written_in_the_form_of_its_name_and_overwritten_only_if_asked(
    run: Run, tmp_path: Path
) -> None:
    for name in ("rows.json", "rows.csv", "rows.parquet", "rows.HTML"):
        assert run("diff", "--output", str(tmp_path / name)).code == 0
        assert (tmp_path / name).stat().st_size
        again = run("diff", "--output", str(tmp_path / name))
        assert again.code == 2
        assert "is there already" in " ".join(again.err.split())
        assert run("diff", "--output", str(tmp_path / name), "--overwrite").code == 0
    assert pl.read_parquet(tmp_path / "rows.parquet").height > 2
    assert [path.name for path in tmp_path.glob(".*rows*")] == []


@pytest.mark.usefixtures("edited")
def test_a_folder_that_is_not_there_is_an_error_of_one_line(run: Run) -> None:
    outcome = run("diff", "--output", "nowhere/rows.csv")
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert "nowhere" in outcome.err


@pytest.mark.usefixtures("edited")
def test_few_rows_are_shown_and_how_many_there_are_more(archive: Archive, run: Run) -> None:
    for number in range(4):
        archive.write(f"_news/new{number}.md", post(MARCH))
    archive.run()
    lines = run("diff", "--limit", "1", "--table", "articles").out.splitlines()
    assert lines[-2].startswith("  + _news/new")
    assert lines[-1] == "  and 3 added rows more: --limit N shows N of each"


def test_a_first_plan_is_compared_with_nothing(archive: Archive, run: Run) -> None:
    archive.write("a.md", post())
    archive.run(dry_run=True)
    assert run("diff", "staged", "--rows").out.startswith("from nothing to what is staged\n")
    assert "`matterhouse diff staged --rows" in run("diff", "staged").err
    assert json.loads(run("diff", "staged", "--rows", "--json").out)["old"] is None


def test_a_lone_name_of_a_snapshot_is_the_newer_one(edited: Archive, run: Run) -> None:
    assert edited.snapshot.number == 2
    assert run("diff", "current").out == run("diff").out
    assert run("diff", "1").out == run("diff").out


def test_a_first_snapshot_has_nothing_to_compare_it_with(built: Archive, run: Run) -> None:
    assert built.snapshot.number == 1
    assert "has no parent" in run("diff", "--rows").out
    assert json.loads(run("diff", "--json").out) == []
    assert json.loads(run("diff", "--rows", "--json").out)["rows"] == []
