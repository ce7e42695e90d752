"""The command line, as people and machines use it."""

import errno
import json
import re
import shutil
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import pytest

from pipelines.warehouse.lock import hold_lock
from pipelines.warehouse.runs import list_runs
from tests.conftest import Archive, Run, post

INTERRUPTED = "matterhouse: interrupted; what is published is whole\n"


COMMANDS = (
    "inspect",
    "build",
    "run",
    "status",
    "rejects",
    "query",
    "schema",
    "snapshots",
    "diff",
    "rollback",
    "prune",
    "verify",
    "doctor",
    "serve",
)


def test_help_teaches_every_command(run: Run) -> None:
    listed = run("--help").out
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", listed, re.M)
        helped = run(command, "--help")
        assert helped.code == 0
        # `inspect` needs no warehouse.
        assert ("--warehouse" in helped.out) is (command != "inspect")


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version") == (0, f"matterhouse {version('matterhouse')}\n", "")


@pytest.mark.usefixtures("build")
def test_a_build_closes_with_a_summary(archive: Archive, run: Run) -> None:
    shutil.rmtree(archive.warehouse.root)
    build = run("build", "--jobs", "1")
    assert build.code == 0
    assert "2 files found, 1 loaded, 1 rejected, 0 ignored" in build.out
    assert re.search(r"  articles +1 rows   partitions: 1 rewritten, 0 kept\n", build.out)
    assert "local engine, no Prefect API is configured" in build.out
    assert "matterhouse rejects" in build.out


@pytest.mark.usefixtures("build")
def test_rejects_name_file_line_column_field_and_rule(run: Run) -> None:
    assert run("rejects").out.splitlines() == [
        "raw/_news/bad.md:2:1 title: found nothing, expected a value [is_not_null]",
        "raw/_news/bad.md:7:9 images: images left out, since their article is rejected: 1 "
        "[article_is_valid]",
    ]
    assert run("rejects", "--table", "images").out.count("\n") == 1
    assert run("rejects", "--path", "*good*").out == ""
    assert run("rejects", "--path", "_news").out == run("rejects").out
    assert "bad character range" in run("rejects", "--path", "[z-a]").err
    assert run("rejects", "--rule", "is_not_null").out.count("\n") == 1
    assert "is_known_key" in run("rejects", "--warnings").out


def test_globs_can_be_repeated_and_a_variable_has_one_on_each_line(
    archive: Archive, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.md", "b c/b.txt", "b c/old/d.txt", "e.txt"):
        archive.write(name, post())
    archive.age()
    run("build", "--jobs", "1", "--include", "*.md", "--include", "b c/", "--exclude", "old")
    assert list(archive.statuses()) == ["a.md", "b c/b.txt"]
    shown = "of those that match '*.md' or 'b c/', but not 'old'"
    assert f"raw files that changed since: none, {shown}" in run("status").out
    monkeypatch.setenv("MATTERHOUSE_INCLUDE", "a.md\nb c/**")
    monkeypatch.setenv("MATTERHOUSE_EXCLUDE", "old")
    run("build", "--jobs", "1")
    assert list(archive.statuses()) == ["a.md", "b c/b.txt"]
    monkeypatch.setenv("MATTERHOUSE_INCLUDE", "e.txt")
    assert json.loads(run("build", "--jobs", "1", "--json").out)["options"]["include"] == ["e.txt"]


def test_rejects_find_a_file_whose_name_looks_like_a_glob(archive: Archive, run: Run) -> None:
    archive.write("a[1].md", post({"title": None}))
    archive.run()
    (line,) = run("rejects").out.splitlines()
    printed = line.split(":")[0]
    assert run("rejects", "--path", printed).out == run("rejects").out


@pytest.mark.usefixtures("build")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rule", "is_known_key"], "no error matches, but 1 warning: add --warnings"),
        (
            ["--rule", "is_nul"],
            "no finding matches; is is_not_null meant? rules broken: article_is_valid, "
            "is_known_key, is_not_null",
        ),
        (["--rule", "is_not_null", "--path", "*good*"], "no finding matches"),
    ],
)
def test_rejects_say_why_none_is_shown(arguments: list[str], message: str, run: Run) -> None:
    assert run("rejects", *arguments) == (0, "", f"matterhouse: {message}\n")


def test_rejects_say_if_nothing_is_wrong(archive: Archive, run: Run) -> None:
    archive.write("a.md", post())
    archive.run()
    message = "matterhouse: nothing was rejected, and nothing is in doubt\n"
    assert run("rejects") == run("rejects", "--warnings") == (0, "", message)


def test_diff_names_the_first_partitions_and_counts_the_others(archive: Archive, run: Run) -> None:
    def write_months(*months: int) -> None:
        for month in months:
            date = f"2024-{month:02}-01T10:00:00Z"
            archive.write(f"{month}.md", post({"publishedDateTime": date}))
        archive.run()

    write_months(1)
    write_months(2, 3, 4, 5)
    assert "2024-02, 2024-03, 2024-04, 2024-05 " in run("diff").out
    write_months(6, 7, 8, 9, 10)
    assert "2024-06, 2024-07, 2024-08 and 2 more, which --json lists" in run("diff").out


def test_only_commands_that_write_say_that_rows_are_removed(run: Run) -> None:
    assert "rows are removed" in " ".join(run("build", "--help").out.split())
    assert "rows are removed" not in " ".join(run("inspect", "--help").out.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("build", "--json"),
        ("run", "images", "--json"),
        ("status", "--json"),
        ("rejects", "--json"),
        ("query", "SELECT * FROM articles", "--json"),
        ("schema", "--json"),
        ("schema", "images", "--json"),
        ("snapshots", "--json"),
        ("verify", "--all", "--json"),
        ("rollback", "1", "--json"),
        ("prune", "--json"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("build")
def test_machines_get_json(run: Run, arguments: tuple[str, ...]) -> None:
    outcome = run(*arguments)
    assert outcome.code == 0
    assert json.loads(outcome.out)


@pytest.mark.usefixtures("build")
def test_a_failed_run_prints_json_too(archive: Archive, run: Run) -> None:
    refused = run("build", "--strict", "--json", "--jobs", "1")
    record = json.loads(refused.out)
    assert (refused.code, record["status"], record["snapshot"]) == (1, "refused", None)
    assert record["findings"] == {"error": 2, "warning": 1}
    assert f"refused, so nothing was published: {record['message']}" in refused.err
    archive.raw.rename(archive.raw.with_name("elsewhere"))
    failed = run("run", "ingest", "--json")
    assert json.loads(failed.out) == asdict(list_runs(archive.warehouse.root, at_most=1)[0])
    with hold_lock(archive.warehouse.root, "other", 0):
        skipped = run("build", "--json")
    assert (skipped.code, json.loads(skipped.out)["status"]) == (75, "skipped")


@pytest.mark.usefixtures("build")
def test_the_same_reject_is_seen_by_file_line_command_and_query(archive: Archive, run: Run) -> None:
    archive.write("_news/bad.md", post({"heat": "hot"}))
    run("build", "--jobs", "1")
    (line,) = run("rejects").out.splitlines()
    assert line == (
        'raw/_news/bad.md:7:7 heat: found "hot", '
        "expected a whole number from -2147483648 to 2147483647 [is_integer]"
    )
    assert (archive.raw / "_news/bad.md").read_text().splitlines()[6][6:] == "hot"
    (row,) = json.loads(
        run("query", "SELECT line, column_number, value FROM findings", "--json").out
    )
    assert row == {"line": 7, "column_number": 7, "value": "hot"}


def test_a_command_can_be_interrupted_before_it_begins(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.cli.commands.declare_commands", interrupt)
    assert run("status") == (130, "", INTERRUPTED)


@pytest.mark.usefixtures("build")
def test_a_build_that_finds_nothing_to_do_says_so_in_few_words(run: Run) -> None:
    lines = run("build", "--jobs", "1").out.splitlines()
    assert lines[0] == "build: no content of a file changed"
    assert lines[1].startswith("unchanged: 2 files found, 1 loaded, 1 rejected, 0 ignored;")
    assert lines[2].startswith("snapshot 1, ")


@pytest.mark.usefixtures("build")
def test_a_whole_current_snapshot_is_not_left(archive: Archive, run: Run) -> None:
    archive.write("_news/good.md", post({"heat": "7"}))
    run("build", "--jobs", "1")
    path = archive.warehouse.snapshot(1).list_files("articles")["2024-03"]
    path.chmod(0o600)
    path.write_bytes(b"x")
    assert run("verify").code == 0
    told = run("verify", "--all")
    assert (told.code, told.err) == (
        1,
        "matterhouse: the current snapshot is whole; do not roll back to 1: put their files back "
        "with `matterhouse verify --all --repair`, or remove them, and all before them, with "
        "`matterhouse prune --keep 1 --days 0`\n",
    )
    assert run("rollback", "2").out == "Snapshot 2 is current already.\n"
    assert list_runs(archive.warehouse.root, at_most=1)[0].status == "unchanged"


def test_a_build_says_that_it_found_no_files(run: Run) -> None:
    assert run("build", "--jobs", "1").out.startswith("build: found no files\n")


@pytest.mark.usefixtures("build")
def test_a_snapshot_of_the_past_is_read_and_compared(archive: Archive, run: Run) -> None:
    archive.write("_news/good.md", post({"title": "Later"}))
    run("build", "--jobs", "1")
    query = ("query", "SELECT title FROM articles", "--json")
    assert json.loads(run(*query).out) == [{"title": "Later"}]
    assert json.loads(run(*query, "--snapshot", "1").out) == [{"title": "A title"}]
    differences = json.loads(run("diff", "--json").out)
    assert differences == json.loads(run("diff", "1", "2", "--json").out)
    assert {each["table"]: each["changed"] for each in differences}["articles"] == 1


@pytest.mark.usefixtures("build")
def test_a_diff_names_a_parent_that_was_pruned(archive: Archive, run: Run) -> None:
    archive.write("_news/good.md", post({"title": "Later"}))
    run("build", "--jobs", "1")
    assert "those younger than 7 days" in run("prune", "--keep", "1").out
    assert run("prune", "--keep", "1", "--days", "0").out.startswith("Removed 1 snapshot: 1.")
    outcome = run("diff")
    assert outcome.code == 1
    assert "its parent 1 is pruned" in outcome.err


@pytest.mark.usefixtures("build")
def test_a_run_says_what_it_looked_at(archive: Archive, run: Run) -> None:
    archive.write("_news/good.md", post({"heat": "high"}))
    assert "made from documents" in run("run", "articles", "--jobs", "1").out
    dry = run("build", "--dry-run", "--jobs", "1").out
    assert "build: 1 changed" in dry
    assert "dry_run: 2 files found, 0 loaded, 2 rejected" in dry
    look = "matterhouse rejects --staged"
    assert f"list 1 new error with `{look} --new`, all errors with `{look}`" in dry
    assert 'heat: found "high"' in run("rejects", "--staged").out
    assert "all errors with `matterhouse rejects`" in run("build", "--jobs", "1").out
    assert run("rejects", "--staged").code == 1


@pytest.mark.usefixtures("build")
def test_verify_exits_with_1_on_damage(archive: Archive, run: Run) -> None:
    assert run("verify") == (0, "snapshot 1: whole\n", "")
    archive.snapshot.list_files("articles")["2024-03"].unlink()
    outcome = run("verify")
    assert outcome.code == 1
    assert "No such file" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("build", "--raw", "nowhere"), 1, "nowhere: No such file or directory"),
        (("build", "--raw", "raw/_news/bad.md", "--warehouse", "w"), 1, "Not a directory"),
        (("build", "--raw", "circle"), 1, "circle"),
        (
            ("build", "--warehouse", "raw/_news/bad.md"),
            1,
            "bad.md: found a file, expected a folder",
        ),
        (("status", "--warehouse", "raw/_news/bad.md"), 1, "bad.md: found a file, expected the"),
        (("query", "PIVOT articles ON type"), 1, "found several statements in one"),
        (("build", "--raw", "x" * 300, "--warehouse", "w"), 1, "name too long, expected a"),
        (("status", "--snapshot", "9"), 1, "no snapshot 9; there are: 1"),
        (("rollback", "9"), 1, "no snapshot 9"),
        (("diff", "9"), 1, "no snapshot 9"),
        (("rejects", "--staged"), 1, "nothing is staged"),
        (("run", "articles", "--month", "2019-01"), 1, "no documents of 2019-01"),
        (("query", "SELECT nothing FROM articles"), 1, "query: Binder Error"),
        (("query", "SELECT 1 FROM artcles"), 1, 'Did you mean "articles"?'),
        (("query", "DROP VIEW articles"), 1, "query: found DROP; only a SELECT is accepted"),
        (("serve",), 1, "serve needs a Prefect server"),
        (("build", "--strict"), 1, "--strict accepts none"),
        (("build", "--warehouse", ""), 2, "found nothing, expected a folder"),
        (("build", "--jobs", "0"), 2, "--jobs"),
        (("build", "--max-reject-share", "5"), 2, "5.0 is not in the range 0<=x<=1"),
        (("run", "pictures"), 2, "pictures"),
        (("run", "articles", "--month", "March"), 2, "expected YYYY-MM or unknown"),
        (("run", "ingest", "--since", "2024-01"), 2, "ingest takes no months"),
        (
            ("run", "images", "--since", "2024-02", "--until", "2024-01"),
            2,
            "expected a month up to",
        ),
        (("rejects", "--table", "pictures"), 2, "expected one of documents, articles"),
        (("nonsense",), 2, "nonsense"),
        (("status", "--warehouse", "w" * 300), 1, "w: File name too long"),
        (("rejects", "--staged", "--snapshot", "1"), 2, "exclude each other"),
        (("prune", "--days", "inf"), 2, "--days"),
        (("verify", "--all", "--warehouse", "nowhere"), 1, "nothing is published here"),
        (
            ("query", "SELECT 1 AS a, 2 AS a", "--json"),
            1,
            'two columns are called "a": rename one with AS',
        ),
        (("query", "SELECT '\udcff'"), 1, "found bytes that are no UTF-8"),
        (("query", "SELECT 1", "--rows", "9" * 20), 2, "--rows"),
        (("build", "--include", ""), 2, "found nothing, expected a glob"),
        (("build", "--exclude", "!a"), 2, 'found "!a", expected a glob'),
        (("build", "--wait", "nan"), 2, "expected a number from 0 upwards"),
        (("prune", "--days", "nan"), 2, "expected a number"),
        (("run", "images", "--since", "unknown"), 2, "see --month unknown"),
        (("verify", "--all", "--snapshot", "1"), 2, "exclude each other"),
        (("build", "--warehouse", "w\udcff"), 1, "the name of the folder is not valid UTF-8"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
@pytest.mark.usefixtures("build")
def test_an_error_is_one_clear_line_and_a_code(
    archive: Archive, run: Run, arguments: tuple[str, ...], code: int, message: str
) -> None:
    (archive.raw.parent / "circle").symlink_to("circle")
    outcome = run(*arguments)
    assert outcome.code == code
    assert message in re.sub(r"[\s│]+", " ", outcome.err)
    assert "Traceback" not in outcome.err


def test_recommended_commands_need_no_working_directory(
    archive: Archive, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.write("bad.md", post({"title": None}))
    archive.run()
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert run("rejects").out.startswith(f"{archive.raw}/bad.md:")


def test_a_folder_that_may_not_be_entered_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "w/current")

    monkeypatch.setattr("pipelines.warehouse.Warehouse.current", refuse)
    assert run("status") == (1, "", "matterhouse: w/current: Permission denied\n")


@pytest.mark.usefixtures("build")
def test_a_held_lock_ends_with_code_75(archive: Archive, run: Run) -> None:
    with hold_lock(archive.warehouse.root, "build") as since:
        outcome = run("build")
    assert outcome.code == 75
    assert "locked by build" in outcome.err
    assert f"since {since.isoformat(timespec='seconds')}" in outcome.err


@pytest.mark.usefixtures("build")
def test_text_from_files_cannot_control_the_terminal(archive: Archive, run: Run) -> None:
    evil = '"\\e[31m\\u202e\\x07[bold]"'
    archive.write("_news/evil\x1b[2J\n.md", post({"heat": evil, "title": evil}))
    run("build", "--jobs", "1")
    outcome = run("rejects")
    shown = outcome.out + run("query", "SELECT value, source_path FROM findings").out
    assert not re.search(r"[\x1b\x07\u202e]", shown)
    assert "\\x1b[31m\\u202e\\x07[bold]" in outcome.out
    assert "evil\\x1b[2J\\n.md" in outcome.out
