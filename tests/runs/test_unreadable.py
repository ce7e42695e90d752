"""Files that the disk does not give: the run is refused, and nothing is lost for them."""

import errno
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.changes.ledger import open_ledger
from pipelines.documents.batch import READ_PAUSES
from pipelines.errors import UnreadableError
from pipelines.reports.advice import explain
from pipelines.sources.folder import Folder
from pipelines.sources.source import RawContent
from tests.conftest import Archive, Run, post

Fail = Callable[..., Counter[str]]


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Makes the reading of some files fail, for good or for so many `times`. Counts the tries."""
    read = Folder.read
    tries: Counter[str] = Counter()
    monkeypatch.setattr("pipelines.documents.batch.READ_PAUSES", (0.0,) * len(READ_PAUSES))

    def fail(*names: str, number: int = errno.EIO, times: int = 10**6) -> Counter[str]:
        def read_badly(folder: Folder, source_path: str) -> RawContent:
            tries[source_path] += 1
            if source_path in names and tries[source_path] <= times:
                raise OSError(number, os.strerror(number), str(folder.root / source_path))
            return read(folder, source_path)

        monkeypatch.setattr(Folder, "read", read_badly)
        return tries

    return fail


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE, errno.EAGAIN])
def test_a_run_with_a_file_that_cannot_be_read_is_refused_and_names_it(
    archive: Archive, fail: Fail, number: int
) -> None:
    archive.write("a.md", post())
    archive.write("b.md", post())
    archive.run()
    before = archive.hashes()
    archive.write("a.md", post({"title": "Another"}))
    archive.write("c.md", post())
    fail("a.md", number=number)
    with pytest.raises(UnreadableError) as error:
        archive.run()
    assert explain(error.value) == (
        f"1 raw file cannot be read, so nothing changed: {archive.raw}/a.md: "
        f"{os.strerror(number)}: make them readable, or leave them out with --exclude (of one "
        "archive among several, with exclude in matterhouse.toml)"
    )
    assert error.value.record.status == "failed"
    assert archive.hashes() == before
    assert archive.statuses() == {"a.md": "loaded", "b.md": "loaded"}
    assert not any((archive.warehouse.root / "staging").glob("*"))


def test_all_files_that_cannot_be_read_are_counted_and_the_first_are_named(
    archive: Archive, fail: Fail
) -> None:
    names = [f"{number}.md" for number in range(5)]
    for name in [*names, "good.md"]:
        archive.write(name, post())
    fail(*names)
    with pytest.raises(UnreadableError, match=r"^5 raw files .*; and 2 more$") as error:
        archive.run()
    assert [Path(file).name for file, _ in error.value.first] == names[:3]
    assert archive.warehouse.current() is None


def test_a_file_that_can_be_read_a_moment_later_is_read(archive: Archive, fail: Fail) -> None:
    archive.write("a.md", post())
    tries = fail("a.md", times=len(READ_PAUSES))
    archive.run()
    assert archive.statuses() == {"a.md": "loaded"}
    assert tries["a.md"] == len(READ_PAUSES) + 1


def test_a_build_goes_on_when_the_disk_answers_again(
    archive: Archive, fail: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.write("a.md", post())
    archive.write("bad.md", post())
    fail("bad.md")
    with pytest.raises(UnreadableError):
        archive.run()
    monkeypatch.undo()
    archive.run()
    assert archive.statuses() == {"a.md": "loaded", "bad.md": "loaded"}
    assert archive.hashes() == archive.hashes_from_nothing()


def test_a_known_file_that_did_not_change_need_not_be_readable(
    archive: Archive, fail: Fail
) -> None:
    archive.write("a.md", post())
    archive.age()
    archive.run()
    fail("a.md")
    assert archive.run().status == "unchanged"


def test_a_link_that_takes_the_place_of_a_file_is_ignored_by_the_next_build(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.write("a.md", post())
    archive.write("b.md", post())
    archive.run()
    read = Folder.read

    def replace_and_read(folder: Folder, source_path: str) -> RawContent:
        if source_path == "a.md":
            archive.delete("a.md")
            (archive.raw / "a.md").symlink_to("b.md")
        return read(folder, source_path)

    archive.write("a.md", post({"title": "Another"}))
    monkeypatch.setattr(Folder, "read", replace_and_read)
    archive.run()
    assert archive.statuses() == {"b.md": "loaded"}
    monkeypatch.undo()
    archive.run()
    assert archive.statuses() == {"a.md": "ignored", "b.md": "loaded"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_file_that_may_not_be_read_refuses_the_run(archive: Archive) -> None:
    archive.write("a.md", post())
    (archive.raw / "a.md").chmod(0)
    with pytest.raises(UnreadableError, match="Permission denied"):
        archive.run()


def test_inspect_says_which_files_cannot_be_read(archive: Archive, run: Run, fail: Fail) -> None:
    archive.write("a.md", post())
    archive.write("b.md", post())
    fail("a.md")
    outcome = run("inspect")
    assert outcome.code == 0
    assert "A sample" not in outcome.out
    assert (
        "1 file cannot be read, so a build would be refused:\n  raw/a.md: Input/output error"
        in (outcome.out)
    )


def test_the_ledger_of_a_refused_run_is_that_of_the_parent(archive: Archive, fail: Fail) -> None:
    archive.write("a.md", post())
    archive.run()
    before = open_ledger(archive.snapshot).read("all")
    archive.write("a.md", "")
    fail("a.md")
    with pytest.raises(UnreadableError):
        archive.run()
    assert open_ledger(archive.snapshot).read("all").equals(before)
