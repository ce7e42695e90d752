"""Full and broken disks: one clear line, nothing half published, and the space is freed."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.sources.folder import Folder
from pipelines.sources.globs import EVERY_FILE, Globs
from pipelines.sources.source import RawFile
from tests.conftest import COUNT, Archive, post
from tests.torture.nursery import Nursery, Outcome
from tests.torture.points import Plan
from tests.torture.stage import Stage
from tests.torture.test_kills import COMMANDS, choose_points

KEPT_FOR_THE_NEXT_RUN = ("staging could not be emptied", "pruned-", "current.link")


@pytest.mark.parametrize("name", list(COMMANDS)[None if COUNT else 1 : None if COUNT else 4])
def test_an_error_at_any_point_is_one_line_and_no_half_state(stage: Stage, name: str) -> None:
    start, *command = COMMANDS[name]
    stage.set(start)
    points = stage.run(*command).points
    end = stage.see()
    for point in choose_points(name, points, first=1):
        for number in (errno.ENOSPC, errno.EIO) if COUNT else (errno.ENOSPC,):
            stage.set(start)
            outcome = stage.run(*command, plan=Plan(point, "before", "raise", number))
            told = f"{point}: {outcome}"
            assert stage.see() == (start if outcome.code else end), told
            if outcome.code:
                check_line(outcome, os.strerror(number))
            left = f"{outcome.errors}{list_staged(stage)}"
            assert not list_staged(stage) or any(each in left for each in KEPT_FOR_THE_NEXT_RUN)
            stage.repair()


def check_line(outcome: Outcome, message: str) -> None:
    assert outcome.code == 1, outcome
    assert outcome.errors.startswith("matterhouse: "), outcome
    assert outcome.errors.count("\n") == 1, outcome
    assert message in outcome.errors, outcome


def list_staged(stage: Stage) -> list[str]:
    staging = stage.root / "staging"
    return [path.name for path in staging.iterdir()] if staging.exists() else []


SIZES = [0, 50_000, 100, 3_000, 10_000_000]


@pytest.mark.parametrize("most_bytes", SIZES if COUNT else SIZES[:2])
def test_files_may_be_limited_to_any_size(large: Stage, most_bytes: int) -> None:
    large.set("old")
    outcome = large.run("build", "--full", most_bytes=most_bytes)
    # What workers return takes 300 kB a month.
    if most_bytes < 300_000:
        check_line(outcome, "File too large")
        assert large.see() == "old"
        assert list_staged(large) == []
    else:
        assert (outcome.code, large.see()) == (0, "new")
    large.repair()


@contextmanager
def mounted(folder: Path, *options: object) -> Iterator[Path]:
    """Mount something during a test. The test is skipped if that is not allowed."""
    mount = subprocess.run(["mount", *map(str, options), folder], capture_output=True, check=False)
    if mount.returncode:
        pytest.skip("nothing can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes."""
    (folder := tmp_path / "disk").mkdir()
    with mounted(folder, "-t", "tmpfs", "-o", "size=4m", "none"):
        yield folder


def count_free(disk: Path) -> int:
    return os.statvfs(disk).f_bfree


def build_on(disk: Path, nursery: Nursery, archive: Archive, *options: object) -> Outcome:
    return nursery.run("build", "--raw", archive.raw, "--warehouse", disk / "w", *options)


def test_a_failed_build_frees_the_space_it_took(
    disk: Path, nursery: Nursery, archive: Archive
) -> None:
    archive.write("a.md", post())
    assert build_on(disk, nursery, archive).code == 0
    archive.warehouse.root = disk / "w"
    before = archive.hashes()
    free = count_free(disk)
    archive.write("large.md", post(body=os.urandom(3_000_000).hex()))
    for _ in range(2 if COUNT else 1):
        check_line(build_on(disk, nursery, archive), "No space left on device")
        assert archive.hashes() == before
        # Except for the record of the run.
        assert count_free(disk) >= free - 5
    archive.delete("large.md")
    archive.write("b.md", post())
    assert build_on(disk, nursery, archive).code == 0
    assert archive.hashes() == archive.hashes_from_nothing()


@pytest.mark.parametrize("command", ["build", "prune"])
def test_prune_works_on_a_full_disk(
    disk: Path, nursery: Nursery, archive: Archive, command: str
) -> None:
    for title in ("one", "two"):
        archive.write("a.md", post({"title": title}))
        assert build_on(disk, nursery, archive).code == 0
    archive.write("a.md", post({"title": "three"}))
    left = disk / "w" / "staging" / "draft"
    left.mkdir()
    (left / "of-a-killed-run").write_bytes(b"x" * count_free(disk) * os.statvfs(disk).f_bsize)
    assert count_free(disk) == 0
    if command == "build":
        assert build_on(disk, nursery, archive).code == 0
        assert count_free(disk) > 500
    else:
        pruned = nursery.run("prune", "--keep", 1, "--days", 0, "--warehouse", disk / "w")
        assert (pruned.code, pruned.output) == (
            0,
            "Removed 1 snapshot: 1.\nThe newest 1 stay, and those younger than 0 days (--days).\n",
        )
        assert count_free(disk) > 0


def test_a_file_that_vanishes_after_listing_counts_as_deleted(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_files = Folder.list_files

    def list_and_lose(folder: Folder, globs: Globs = EVERY_FILE) -> list[RawFile]:
        files = list(list_files(folder, globs))
        archive.delete("gone.md")
        return files

    archive.write("a.md", post())
    archive.write("gone.md", post())
    monkeypatch.setattr(Folder, "list_files", list_and_lose)
    archive.run()
    assert archive.statuses() == {"a.md": "loaded"}
    monkeypatch.undo()
    assert archive.run().rewritten["articles"] == []
    assert archive.hashes() == archive.hashes_from_nothing()


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_folder_that_vanishes_during_the_listing_stops_no_run(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, is_folder: bool
) -> None:
    scan = os.scandir

    def scan_and_lose(folder: str) -> list[os.DirEntry[str]]:
        entries = list(scan(folder))
        gone.unlink(missing_ok=True)
        if is_folder and gone.parent.exists():
            gone.parent.rmdir()
        return entries

    archive.write("a.md", post())
    archive.write("b/gone.md", post())
    gone = archive.raw / "b/gone.md"
    monkeypatch.setattr(os, "scandir", scan_and_lose)
    files = Folder(archive.raw).list_files()
    assert [file.source_path for file in files] == ["a.md"]


def test_a_file_that_grows_between_its_size_and_its_end_is_read_whole_and_again(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = os.fstat

    def look_and_grow(descriptor: int) -> os.stat_result:
        status = look(descriptor)
        if os.path.samestat(status, (archive.raw / "a.md").stat()):
            with (archive.raw / "a.md").open("a") as file:
                file.write("more\n")
        return status

    archive.write("a.md", post(body="body\n"))
    archive.age()
    monkeypatch.setattr(os, "fstat", look_and_grow)
    archive.run()
    assert archive.rows("articles")["body"].to_list() == ["body\nmore\n"]
    monkeypatch.undo()
    archive.run()
    assert archive.hashes() == archive.hashes_from_nothing()
