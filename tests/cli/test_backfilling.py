"""`matterhouse backfill`, as people type it."""

import json
from pathlib import Path

import pytest

from tests.conftest import Archive, Run, post
from tests.git_repositories import Files, add_commits, git, make_repository


@pytest.fixture
def history(archive: Archive, tmp_path: Path) -> Path:
    """A repository in which a post cools down, and a warehouse that knows only its last state."""
    steps: list[Files] = [
        {"a.md": post({"heat": "50"}), "b.md": "---\n"},
        {"a.md": post({"heat": "20"})},
    ]
    make_repository(tmp_path / "history", steps)
    archive.write("a.md", post({"heat": "20"}))
    archive.run()
    return tmp_path / "history"


def test_a_backfill_says_what_it_added_and_what_it_left_out(run: Run, history: Path) -> None:
    done = run("backfill", "--from-git", str(history), "--jobs", "1")
    assert (done.code, done.err) == (0, "")
    *lines, last = done.out.splitlines()
    assert lines == [
        "backfill: 2 rows added to observations, from 3 versions of 2 files in 2 commits",
        "  left out: 1 version, rejected as a build would reject the file",
        "  gone: 1 row of a run, since the history says when its state began",
    ]
    assert last.startswith("snapshot 2, ")
    sql = "SELECT heat, strftime(seen_at, '%H:%M') AS seen FROM observations ORDER BY seen_at"
    seen = json.loads(run("query", sql, "--json").out)
    assert seen == [{"heat": 50, "seen": "22:13"}, {"heat": 20, "seen": "23:13"}]


def test_a_second_backfill_says_that_nothing_is_new(run: Run, history: Path) -> None:
    run("backfill", "--from-git", str(history), "--jobs", "1")
    done = run("backfill", "--from-git", str(history), "--jobs", "1")
    assert done.out.splitlines()[-1].startswith("unchanged: snapshot 2 has all of it, ")


def test_a_dry_run_says_that_it_published_nothing(run: Run, history: Path) -> None:
    done = run("backfill", "--from-git", str(history), "--jobs", "1", "--dry-run")
    assert done.out.splitlines()[-1] == "dry run: nothing was published"


def test_machines_get_the_record(run: Run, history: Path) -> None:
    done = run("backfill", "--from-git", str(history), "--jobs", "1", "--json")
    said = json.loads(done.out)
    assert (said["job"], said["status"], said["snapshot"]) == ("backfill", "published", 2)
    assert (said["backfilled"]["commits"], said["backfilled"]["added"]) == (2, 2)
    assert said["rows"]["observations"] == 2
    (listed,) = (each for each in json.loads(run("runs", "--json").out) if each["snapshot"] == 2)
    assert listed["job"] == "backfill"


def test_the_days_of_since_are_in_utc(run: Run, history: Path) -> None:
    # The second commit happened on 2023-11-14 at 23:13, the next day begins after it.
    add_commits(history, [{"a.md": post({"heat": "5"})}])
    arguments = ("backfill", "--from-git", str(history), "--jobs", "1", "--json")
    said = json.loads(run(*arguments, "--since", "2023-11-15").out)
    assert said["backfilled"]["versions"] == 3
    assert said["options"]["since"] == "2023-11-15T00:00:00+00:00"
    assert said["rows"]["observations"] == 3


def test_what_is_odd_about_a_history_is_said(run: Run, history: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{history}", "cut")
    done = run("backfill", "--from-git", str(tmp_path / "cut"), "--jobs", "1")
    assert "  the repository is a shallow clone: it lacks what came before its first commit" in (
        done.out.splitlines()
    )


@pytest.mark.usefixtures("history")
def test_a_folder_that_is_no_repository_is_an_error_in_one_line(run: Run, tmp_path: Path) -> None:
    done = run("backfill", "--from-git", str(tmp_path))
    assert (done.code, done.out) == (1, "")
    assert done.err == f"matterhouse: {tmp_path}: found no git repository\n"


def test_a_wrong_revision_is_an_error_in_one_line(run: Run, history: Path) -> None:
    done = run("backfill", "--from-git", str(history), "--revision", "\x1b[31mnowhere")
    assert done.code == 1
    assert done.err == f"matterhouse: {history}: found no commit '\\x1b[31mnowhere'\n"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--from-git", ""),
        ("--since", "yesterday"),
        ("--folder", "../x"),
        ("--archive", "news"),
        ("--jobs", "0"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(
    run: Run, history: Path, option: str, value: str
) -> None:
    done = run("backfill", "--from-git", str(history), option, value)
    assert done.code == 2
    assert option in done.err
