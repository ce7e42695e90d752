"""Files that may still be written wait for a later run."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.changes.ledger import FILE_COLUMNS, open_ledger
from pipelines.errors import OutdatedPlanError
from pipelines.runs.apply import apply_plan
from tests.conftest import Archive, Run, post

OLD, YOUNG = 3600, 1
"""Seconds since a file was written."""


def write(archive: Archive, name: str, text: str, age: float) -> None:
    archive.write(name, text)
    set_age(archive.raw / name, age)


def set_age(path: Path, age: float) -> None:
    time_ns = time.time_ns() - int(age * 1e9)
    os.utime(path, ns=(time_ns, time_ns))


@pytest.fixture
def calm(archive: Archive) -> Archive:
    """An archive of two posts that nobody has touched for an hour."""
    for name in "ab":
        write(archive, f"{name}.md", post({"title": "Old"}), OLD)
    archive.run()
    return archive


def titles(archive: Archive) -> dict[str, str]:
    return dict(archive.rows("articles").select("source_path", "title").iter_rows())


def test_a_changed_file_that_is_young_keeps_its_rows_until_a_later_run(calm: Archive) -> None:
    write(calm, "a.md", post({"title": "New"}), YOUNG)
    record = calm.run(settle=60)
    assert (record.status, record.changes["waiting"], record.names["waiting"]) == (
        "unchanged",
        1,
        ["a.md"],
    )
    assert record.message == "1 waiting, written within 60 s: a.md"
    assert titles(calm) == {"a.md": "Old", "b.md": "Old"}
    set_age(calm.raw / "a.md", 120)
    assert calm.run(settle=60).status == "published"
    assert titles(calm) == {"a.md": "New", "b.md": "Old"}
    assert calm.hashes() == calm.hashes_from_nothing()


def test_a_new_file_that_is_young_waits_while_others_are_published(calm: Archive) -> None:
    write(calm, "new.md", post(), YOUNG)
    write(calm, "b.md", post({"title": "New"}), 120)
    record = calm.run(settle=60)
    assert (record.status, record.changes["new"], record.changes["waiting"]) == ("published", 0, 1)
    assert titles(calm) == {"a.md": "Old", "b.md": "New"}
    assert calm.run().changes["new"] == 1
    assert calm.hashes() == calm.hashes_from_nothing()


def test_a_file_that_waits_is_not_taken_for_known_if_only_its_identity_differs(
    calm: Archive,
) -> None:
    known = (calm.raw / "a.md").stat()
    young = time.time_ns() - 10**9
    os.utime(calm.raw / "a.md", ns=(young, young))
    calm.run()
    # Other bytes of the same size and the same time: only the inode and the change time differ.
    write(calm, "copy", post({"title": "New"}), OLD)
    (calm.raw / "copy").replace(calm.raw / "a.md")
    os.utime(calm.raw / "a.md", ns=(young, young))
    assert (calm.raw / "a.md").stat().st_size == known.st_size
    write(calm, "b.md", post({"title": "Another"}), OLD)
    record = calm.run(settle=3000)
    assert (record.status, record.changes["waiting"]) == ("published", 1)
    assert titles(calm) == {"a.md": "Old", "b.md": "Another"}
    calm.run()
    assert titles(calm)["a.md"] == "New"


def test_a_young_file_that_is_gone_does_not_wait(calm: Archive) -> None:
    set_age(calm.raw / "a.md", YOUNG)
    calm.run()
    calm.delete("a.md")
    assert calm.run(settle=60).changes["deleted"] == 1


def test_a_time_in_the_future_is_no_reason_to_wait(calm: Archive) -> None:
    write(calm, "a.md", post({"title": "New"}), -OLD)
    assert "waiting" not in calm.run(settle=60).changes
    assert titles(calm)["a.md"] == "New"


@pytest.mark.parametrize(
    "force",
    [
        lambda archive: archive.run(settle=600, full=True),
        lambda archive: (archive.make_stale("documents", "2024-03"), archive.run(settle=600)),
    ],
    ids=["full", "parser"],
)
def test_a_file_whose_former_state_cannot_be_kept_is_read(
    calm: Archive, force: Callable[[Archive], object]
) -> None:
    write(calm, "a.md", post({"title": "New"}), YOUNG)
    force(calm)
    assert titles(calm)["a.md"] == "New"


def test_a_first_build_lets_young_files_wait(archive: Archive) -> None:
    write(archive, "a.md", post(), OLD)
    write(archive, "b.md", post(), YOUNG)
    assert archive.run(settle=60).changes == {
        **dict.fromkeys(("changed", "renamed", "deleted", "newly_ignored"), 0),
        "new": 1,
        "waiting": 1,
    }
    assert list(titles(archive)) == ["a.md"]


def test_ingest_waits_too_and_the_ledger_keeps_what_was_read(calm: Archive) -> None:
    before = open_ledger(calm.snapshot).read("all", FILE_COLUMNS)
    write(calm, "a.md", post({"title": "New"}), YOUNG)
    assert calm.run("ingest", settle=60).status == "unchanged"
    assert open_ledger(calm.snapshot).read("all", FILE_COLUMNS).equals(before)


def test_a_plan_is_applied_though_the_files_that_waited_then_are_older_now(calm: Archive) -> None:
    write(calm, "a.md", post({"title": "New"}), YOUNG)
    write(calm, "new.md", post(), YOUNG)
    write(calm, "b.md", post({"title": "New"}), 120)
    assert calm.run(settle=60, dry_run=True).changes["waiting"] == 2
    assert apply_plan(calm.warehouse.root, (), 0).status == "published"
    assert titles(calm) == {"a.md": "Old", "b.md": "New"}
    calm.run()
    assert calm.hashes() == calm.hashes_from_nothing()


def test_a_plan_is_out_of_date_if_a_file_that_waited_is_written_again(calm: Archive) -> None:
    write(calm, "a.md", post({"title": "New"}), YOUNG)
    write(calm, "b.md", post({"title": "New"}), 120)
    calm.run(settle=60, dry_run=True)
    write(calm, "a.md", post({"title": "Newer"}), 0)
    with pytest.raises(OutdatedPlanError, match=r"1 raw file is changed: a\.md"):
        apply_plan(calm.warehouse.root, (), 0)


def test_a_build_says_which_files_are_waiting(calm: Archive, run: Run) -> None:
    write(calm, "a.md", post({"title": "New"}), YOUNG)
    outcome = run("build", "--settle", "60", "--mapping", "everyday")
    assert outcome.code == 0
    assert "build: no content of a file changed\n" in outcome.out
    assert "1 waiting, written within 60 s: a.md\n" in outcome.out
