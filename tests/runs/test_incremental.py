"""Runs after runs: what is read and rebuilt, and that the order of runs leaves no trace."""

import json
import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.reports.status import describe_status
from pipelines.runs.run import run_job
from pipelines.sources.folder import TICK_NS
from tests.conftest import APRIL, CHILDREN, MARCH, Archive, Run, post, split_finely


def test_a_second_build_publishes_nothing(built: Archive) -> None:
    record = built.run()
    assert (record.status, record.snapshot) == ("unchanged", 1)
    assert built.warehouse.numbers() == [1]


def test_files_of_a_delivery_are_not_read_again_and_again(archive: Archive) -> None:
    archive.write("a.md", post())
    # Wait until the identity is known. The time in the future makes no difference.
    os.utime(archive.raw / "a.md", ns=(2 * 10**18, 2 * 10**18))
    time.sleep(2 * TICK_NS / 10**9)
    archive.run()
    status = describe_status(archive.warehouse, archive.snapshot)
    assert status["raw"]["to_be_read_again"] == 0


def test_a_change_rewrites_only_its_month(built: Archive) -> None:
    built.write("_news/c.md", post(APRIL | CHILDREN | {"heat": "5"}))
    record = built.run()
    assert {table: parts for table, parts in record.rewritten.items() if parts} == {
        "documents": ["2024-04"],
        "articles": ["2024-04"],
        "files": ["all"],
        "observations": [f"all/{datetime.now(UTC):%Y-%m}-0001"],
    }


def test_a_change_of_the_secret_reaches_no_analyst_table(built: Archive) -> None:
    built.write("_news/b.md", post(MARCH | {"secured": "two"}))
    rewritten = built.run().rewritten
    assert {table for table, months in rewritten.items() if months} == {"documents", "files"}


@pytest.mark.parametrize(
    ("change", "unread_by"),
    [
        ({"secured": "two"}, ("articles", "images", "related_links")),
        ({"heat": "7"}, ("images", "related_links")),
        ({"images": "[{url: /j}]"}, ("related_links",)),
    ],
)
def test_a_change_rebuilds_only_tables_that_read_it(
    built: Archive, change: dict[str, str | None], unread_by: tuple[str, ...]
) -> None:
    before = built.snapshot.manifest.tables
    built.write("_news/b.md", post(MARCH | {"secured": "one"} | change))
    built.run()
    after = built.snapshot.manifest.tables
    tables = ("articles", "images", "related_links")
    assert tuple(table for table in tables if after[table] == before[table]) == unread_by
    assert built.hashes() == built.hashes_from_nothing()


@pytest.mark.parametrize("name", ["a", "c", "rejected"])
def test_the_lines_of_findings_follow_their_file(built: Archive, name: str) -> None:
    path = built.raw / f"_news/{name}.md"
    before = built.findings("table_name", "source_path", "line")
    built.write(f"_news/{name}.md", path.read_text().replace("---\n", "---\n# why\n", 1))
    built.run()
    assert built.findings("table_name", "source_path", "line") == [
        (table, source, line + (source == f"_news/{name}.md")) for table, source, line in before
    ]
    assert built.hashes() == built.hashes_from_nothing()


def test_a_touched_file_changes_nothing_but_the_ledger(built: Archive) -> None:
    os.utime(built.raw / "_news/a.md", ns=(1, 10**18))
    rewritten = built.run().rewritten
    assert {table for table, months in rewritten.items() if months} == {"files"}
    assert built.run().status == "unchanged"


def test_a_replaced_file_is_read_even_with_the_same_size_and_time(
    archive: Archive,
) -> None:
    for heat in ("12", "13"):
        archive.write("a.md", post({"heat": heat}))
        # Like somebody who packs archives reproducibly.
        os.utime(archive.raw / "a.md", ns=(0, 0))
        archive.run()
        assert archive.rows("articles")["heat"].to_list() == [int(heat)]


def count_again(archive: Archive) -> int:
    """How many known files the next build would read."""
    return int(describe_status(archive.warehouse, archive.snapshot)["raw"]["to_be_read_again"])


def test_files_that_only_look_different_are_read_once(built: Archive) -> None:
    # All of them are copies.
    assert count_again(built) == 6
    assert built.run(dry_run=True).status == "unchanged"
    assert count_again(built) == 6
    time.sleep(2 * TICK_NS / 10**9)
    assert built.run().status == "unchanged"
    assert count_again(built) == 0
    for path in built.raw.rglob("*.md"):
        path.chmod(0o600)
    assert count_again(built) == 5
    time.sleep(2 * TICK_NS / 10**9)
    assert built.run().status == "unchanged"
    assert count_again(built) == 0


@pytest.mark.parametrize("damage", ["missing", "flipped", "of another snapshot", "a folder"])
def test_lost_identities_only_cost_one_more_look(built: Archive, damage: str) -> None:
    built.age()
    built.run()
    assert count_again(built) == 0
    path = built.snapshot.folder / "identities"
    content = path.read_bytes()
    if damage == "of another snapshot":
        built.write("_news/new.md", post())
        built.run()
        path = built.snapshot.folder / "identities"
    path.unlink()
    if damage == "flipped":
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    elif damage == "of another snapshot":
        path.write_bytes(content)
    elif damage == "a folder":
        path.mkdir()
    assert count_again(built) == len(built.rows("files").drop_nulls("size_bytes"))
    time.sleep(2 * TICK_NS / 10**9)
    assert built.run().status == "unchanged"
    assert built.run().status == "unchanged"
    assert (count_again(built) == 0) is (damage != "a folder")


@pytest.mark.parametrize("is_added_to", [False, True])
@pytest.mark.parametrize("swapped", ["", "_news"])
def test_files_of_a_swapped_folder_are_read(
    archive: Archive, swapped: str, is_added_to: bool
) -> None:
    heats = {"": "12", "next/": "13"}
    for prefix, heat in heats.items():
        path = archive.raw.parent / f"{prefix}raw/_news/a.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(post({"heat": heat}))
        os.utime(path, ns=(0, 0))
    archive.age(0)
    archive.run()
    (archive.raw / swapped).rename(archive.raw.parent / "old")
    (archive.raw.parent / "next/raw" / swapped).rename(archive.raw / swapped)
    if is_added_to:
        archive.write("_news/.lock", "")
    archive.run()
    assert archive.rows("articles")["heat"].to_list() == [13]


def test_files_of_a_new_release_in_the_same_place_are_read(
    archive: Archive, tmp_path: Path
) -> None:
    archive.raw = tmp_path / "live/posts"
    for release, heat in (("live", "12"), ("next", "13")):
        path = tmp_path / release / "posts/a.md"
        path.parent.mkdir(parents=True)
        path.write_text(post({"heat": heat}))
        os.utime(path, ns=(0, 0))
    archive.age(0)
    archive.run()
    (tmp_path / "live").rename(tmp_path / "old")
    (tmp_path / "next").rename(tmp_path / "live")
    archive.run()
    assert archive.rows("articles")["heat"].to_list() == [13]


def test_files_of_a_moved_folder_are_known_and_of_a_copied_one_are_read(
    built: Archive, tmp_path: Path
) -> None:
    before, time_ns = built.hashes(), 10**18
    path = built.raw / "_news/a.md"
    os.utime(path, ns=(time_ns, time_ns))
    built.run()
    built.raw = built.raw.rename(tmp_path / "moved")
    assert (built.run().status, built.hashes()) == ("unchanged", before)
    assert built.snapshot.manifest.raw == str(built.raw)
    assert built.run().status == "unchanged"
    other = tmp_path / "other"
    shutil.copytree(built.raw, other)
    text = (other / "_news/a.md").read_text()
    (other / "_news/a.md").write_text(text.replace("A title", "B title"))
    os.utime(other / "_news/a.md", ns=(time_ns, time_ns))
    built.raw = other
    built.run()
    assert "B title" in built.rows("articles")["title"].to_list()


def test_two_hosts_that_see_one_folder_at_two_paths_publish_nothing(
    built: Archive, tmp_path: Path, run: Run
) -> None:
    here, there = built.raw, tmp_path / "there"
    for place in (there, here, there):
        built.raw = built.raw.rename(place)
        assert (built.run().status, built.snapshot.number) == ("unchanged", 1)
        assert built.snapshot.manifest.raw == str(place)
    assert run("verify").code == 0
    built.write("new.md", post())
    assert built.run().status == "published"
    published = json.loads((built.snapshot.folder / "manifest.json").read_text())
    assert published["raw"] == str(there)


def test_a_clock_that_was_ahead_hides_no_change(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.write("a.md", post({"title": "aaa"}))
    archive.age()
    with monkeypatch.context() as patch:
        ahead = time.time_ns() + 365 * 86_400 * 10**9
        patch.setattr("time.time_ns", lambda: ahead)
        archive.run()
    status = (archive.raw / "a.md").stat()
    archive.write("a.md", post({"title": "bbb"}))
    os.utime(archive.raw / "a.md", ns=(status.st_atime_ns, status.st_mtime_ns))
    archive.run()
    assert archive.rows("articles")["title"].to_list() == ["bbb"]
    assert archive.run().status == "unchanged"


def test_a_table_without_rows_still_waits_for_its_lines(
    archive: Archive, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    archive.write("undated.md", post({"publishedDateTime": None}))
    archive.age()
    archive.run()
    archive.make_stale("articles", "unknown")
    archive.raw.rename(tmp_path / "away")
    archive.run("articles")
    assert archive.findings("line") == [(None,)]
    assert "1 findings have no line yet: their files changed after parsing" in caplog.text
    (tmp_path / "away").rename(archive.raw)
    archive.run()
    assert archive.hashes() == archive.hashes_from_nothing()


EDITS = {
    "edit": lambda archive: archive.write("_news/a.md", post(MARCH | {"title": "new"})),
    "add": lambda archive: archive.write("_news/new.md", post(MARCH)),
    "add a month": lambda archive: archive.write("n.md", post({"publishedDateTime": "2023-01-01"})),
    "delete": lambda archive: archive.delete("_news/a.md"),
    "delete a month": lambda archive: (
        archive.delete("_news/c.md"),
        archive.delete("_news/rejected.md"),
    ),
    "rename": lambda archive: (archive.raw / "_news/a.md").rename(archive.raw / "_news/z.md"),
    "redate later": lambda archive: archive.write("_news/a.md", post(APRIL | CHILDREN)),
    "redate a rejected one earlier": lambda archive: archive.write(
        "_news/rejected.md", post(MARCH | CHILDREN | {"title": None})
    ),
    "lose the date": lambda archive: archive.write("_news/c.md", post({"publishedDateTime": "x"})),
    "break": lambda archive: archive.write("_news/a.md", "---\na: [\n---\n"),
    "reject": lambda archive: archive.write("_news/a.md", post(MARCH | CHILDREN | {"type": None})),
    "lose the fence": lambda archive: archive.write("_news/a.md", "no fence any more"),
    "fix": lambda archive: archive.write("_news/broken.md", post(APRIL)),
    "fix the rejected": lambda archive: archive.write("_news/rejected.md", post(APRIL | CHILDREN)),
    "link": lambda archive: (
        archive.delete("_news/a.md"),
        (archive.raw / "_news/a.md").symlink_to("b.md"),
    ),
    "pipe": lambda archive: (
        archive.delete("_news/rejected.md"),
        os.mkfifo(archive.raw / "_news/rejected.md"),
    ),
    "move down a line": lambda archive: archive.write(
        "_news/rejected.md", "---\n# a comment\n" + post(APRIL | CHILDREN | {"title": None})[4:]
    ),
    "forget the drift": lambda archive: archive.write("_news/a.md", post(MARCH | CHILDREN)),
    "empty": lambda archive: shutil.rmtree(archive.raw / "_news"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_incremental_build_has_the_bytes_of_a_rebuild(built: Archive, edit: str) -> None:
    EDITS[edit](built)
    built.run()
    assert built.check_from_nothing() == (edit == "lose the fence")


@pytest.mark.slow
def test_a_history_of_edits_and_single_flows_leaves_no_trace(built: Archive) -> None:
    for edit in EDITS:
        if edit not in (
            "lose the fence",
            "empty",
            "delete",
            "rename",
            "delete a month",
            "link",
            "pipe",
        ):
            EDITS[edit](built)
            flows = ("ingest", "articles", "images", "related_links", "build")
            built.run(flows[len(edit) % len(flows)])
    built.warehouse.point_to(2)
    built.run()
    assert built.hashes() == built.hashes_from_nothing()


def test_a_full_build_links_what_it_finds_unchanged(built: Archive) -> None:
    inode = built.snapshot.list_files("articles")["2024-03"].stat().st_ino
    record = built.run(full=True)
    assert not any(record.rewritten.values())
    assert built.snapshot.list_files("articles")["2024-03"].stat().st_ino == inode


def test_findings_of_a_file_that_changed_since_have_no_line_until_the_next_build(
    built: Archive,
) -> None:
    built.make_stale("articles", "2024-04")
    text = (built.raw / "_news/rejected.md").read_text()
    built.write("_news/rejected.md", text.replace("type:", "# moved down\ntype:"))
    built.run("articles")
    lines = dict(built.findings("rule", "line"))
    assert lines["is_not_null"] is None
    built.write("_news/rejected.md", text)
    built.run()
    assert built.hashes() == built.hashes_from_nothing()


def test_a_lost_line_of_drift_makes_no_documents_stale(built: Archive) -> None:
    built.age()
    text = (built.raw / "_news/a.md").read_text()

    def edit_meanwhile(name: str, step: Callable[..., Any], /, *arguments: Any) -> Any:
        result = step(*arguments)
        if name == "ingest":
            built.write("_news/a.md", text.replace("title:", "# moved down\ntitle:"))
        return result

    built.write("_news/b.md", post(MARCH | {"mood": "better"}))
    run_job(built.job(), run_step=edit_meanwhile)
    assert ("is_known_key", None) in built.findings("rule", "line")
    status = describe_status(built.warehouse, built.snapshot)
    # Of b.md, it depends on how soon after its edit it was listed.
    assert status["raw"]["to_be_read_again"] in (1, 2)
    assert {table for table, months in status["stale"].items() if months} == {"findings"}
    built.run()
    assert built.hashes() == built.hashes_from_nothing()


@pytest.mark.slow
@pytest.mark.parametrize("large_bytes", [0, 10**9], ids=["workers", "threads"])
def test_batches_and_groups_of_any_size_give_the_same_bytes(
    built: Archive, large_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    built.write("_news/rejected.md", post(MARCH | {"title": None}))
    built.run()
    before = built.hashes()
    split_finely(monkeypatch, large_bytes=large_bytes)
    built.run(full=True)
    assert built.hashes() == before
    built.write("_news/a.md", post(MARCH | {"title": None}))
    built.write("_news/rejected.md", post(MARCH))
    built.run()
    monkeypatch.undo()
    assert built.hashes() == built.hashes_from_nothing()


def test_include_leaves_other_files_out(built: Archive) -> None:
    built.run(include=("_news/[ab].md",), allow_deletes=True)
    assert list(built.statuses()) == ["_news/a.md", "_news/b.md"]
    # A flow that reads no raw files leaves it as it is.
    built.run("images")
    status = describe_status(built.warehouse, built.snapshot)
    assert (status["raw"]["new"], status["raw"]["deleted"]) == (0, 0)
    # Nor does ingest take in what was left out.
    assert built.run("ingest").status == "unchanged"
    built.run(include=("**",))
    assert len(built.statuses()) == 7


def test_an_include_that_changes_no_file_is_recorded(archive: Archive) -> None:
    archive.write("_news/a.md", post())
    archive.run(include=("_news/*",))
    assert archive.run(include=("**",)).status == "published"
    assert archive.run().status == "unchanged"
    archive.write("b.md", post())
    assert describe_status(archive.warehouse, archive.snapshot)["raw"]["new"] == 1


def test_another_raw_folder_is_reported(
    archive: Archive, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    archive.write("a.md", post())
    archive.run()
    archive.run()
    assert "raw folder changed" not in caplog.text
    before = archive.raw
    archive.raw = tmp_path / "other"
    archive.write("a.md", post())
    archive.run()
    assert f"the raw folder changed from '{before}' to '{archive.raw}'" in caplog.text
