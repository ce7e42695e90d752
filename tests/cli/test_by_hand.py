"""What a run by hand says of what it left out."""

import json
import os
import shutil

import pytest

from pipelines.reports.run_report import render_report
from pipelines.runs import unread
from tests.conftest import MARCH, Archive, Run, post


def test_the_flow_of_a_table_names_the_raw_files_that_it_did_not_read(
    built: Archive, run: Run
) -> None:
    built.write("_news/b.md", post(MARCH | {"title": "New"}))
    built.write("_news/new.md", post())
    built.delete("_news/c.md")
    last = run("run", "articles").out.splitlines()[-1]
    assert last == (
        "3 raw files changed since and were not read (1 new, 1 changed, 1 deleted), "
        "the first is _news/b.md: `matterhouse build` reads them"
    )
    unread_files = {"new": 1, "changed": 1, "deleted": 1, "first": "_news/b.md"}
    assert json.loads(run("run", "images", "--json").out)["unread"] == unread_files


def test_one_changed_file_is_named(built: Archive, run: Run) -> None:
    built.write("_news/b.md", post(MARCH | {"title": "New"}))
    last = run("run", "articles").out.splitlines()[-1]
    assert last == (
        "1 raw file changed since and was not read (1 changed), _news/b.md: "
        "`matterhouse build` reads it"
    )


def test_files_that_do_not_count_are_no_news(built: Archive, run: Run) -> None:
    assert run("build", "--include", "_news/", "--exclude", "c.md", "--allow-deletes").code == 0
    built.write("_news/c.md", post())
    assert "not read" not in run("run", "articles").out
    built.write("_news/new.md", post())
    assert "(1 new), _news/new.md: `matterhouse build` reads it" in run("run", "articles").out


def test_files_that_only_look_changed_are_not_counted(
    built: Archive, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (built.raw / ".hidden").unlink()
    os.utime(built.raw / "_news/a.md")
    assert "changed since" not in run("run", "articles").out
    # Of too many such files, the bytes are not compared.
    monkeypatch.setattr(unread, "MOST_COMPARED", 0)
    # The files of a copy have other inodes.
    assert "6 raw files changed since" in run("run", "articles").out


def test_raw_files_that_cannot_be_listed_do_not_fail_the_run(built: Archive, run: Run) -> None:
    shutil.move(built.raw, built.raw.parent / "elsewhere")
    done = run("run", "articles")
    assert (done.code, done.err) == (0, "")
    last = done.out.splitlines()[-1]
    assert last.startswith("whether raw files changed since is not known: ")
    assert last.endswith("/raw: No such file or directory, expected a readable folder")


def test_a_build_reads_all_and_says_nothing(built: Archive, run: Run) -> None:
    built.write("_news/new.md", post())
    assert "not read" not in run("build").out
    assert json.loads(run("build", "--json").out)["unread"] == {}


def test_months_that_are_rebuilt_unasked_are_named(built: Archive, run: Run) -> None:
    assert "out of date" not in run("run", "articles", "--month", "2024-03").out
    built.make_stale("articles", "2024-04")
    out = run("run", "articles", "--month", "2024-03").out
    line = "also out of date, so rebuilt too, since no snapshot is a mixture: 2024-04"
    assert line in out.splitlines()
    built.make_stale("articles", "2024-04")
    assert "out of date" not in run("run", "articles").out


def test_a_replay_shows_what_was_closed_and_what_is_left(built: Archive, run: Run) -> None:
    built.write("_news/rejected.md", post(MARCH))
    built.write("_news/new.md", post())
    done = run("replay", "--table", "articles")
    lines = done.out.splitlines()
    start = lines.index("read again: 1 file with errors; 3 errors closed, 0 left")
    assert lines[start + 1 : start + 3] == [
        "closed:",
        "raw/_news/rejected.md:2:1 title: found nothing, expected a value [is_not_null]",
    ]
    assert "still rejected:" not in lines
    assert lines[-1].startswith("1 raw file changed since and was not read (1 new), _news/new.md")
    assert "replay: 1 changed" in lines
    again = run("replay", "--path", "raw/_news/broken.md").out.splitlines()
    assert "read again: 1 file with errors; 0 errors closed, 1 left" in again
    assert again[again.index("still rejected:") + 1].startswith("raw/_news/broken.md:1:1 found no")
    none = run("replay", "--rule", "is_url")
    assert (none.code, none.out.splitlines()[-2]) == (
        0,
        "no error matches, so no file was read again",
    )


def test_the_report_for_prefect_says_the_same(built: Archive) -> None:
    built.write("_news/rejected.md", post(MARCH))
    built.write("_news/new.md", post())
    report = render_report(built.job("replay"), built.run("replay"), None)
    assert "\nread again: 2 files with errors; 3 errors closed, 1 left\n" in report
    assert f"_news/new.md: `matterhouse build --raw {built.raw} --warehouse " in report


def test_a_refused_replay_names_the_replay_that_publishes(built: Archive, run: Run) -> None:
    for number in range(20):
        built.write(f"_news/{number}.md", post({"title": None}))
    built.run()
    for number in range(20):
        built.delete(f"_news/{number}.md")
    refused = run("replay", "--rule", "is_not_null", "--max-delete-share", "0.5")
    assert refused.code == 1
    assert "matterhouse replay --max-delete-share 0.8 --rule is_not_null" in refused.err, (
        refused.err
    )
