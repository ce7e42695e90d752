"""Publishing: what becomes of a snapshot that cannot be made current."""

import ctypes
import errno
import os
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipelines.errors import PipelineError, WarehouseError
from pipelines.warehouse.sync import sync_file_system, sync_folder
from tests.conftest import Archive, post


def test_an_interrupt_during_a_publish_leaves_no_half_snapshot(
    built: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = built.warehouse.numbers()
    built.write("c.md", post())
    rename = Path.rename

    def interrupt(path: Path, target: Path) -> Path:
        moved = rename(path, target)
        if target.parent.name == "snapshots":
            raise KeyboardInterrupt
        return moved

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", interrupt)
        with pytest.raises(KeyboardInterrupt):
            built.run()
    assert built.warehouse.numbers() == numbers


@pytest.mark.parametrize("failing", ["sync_folder", "Path.symlink_to"])
def test_a_snapshot_that_cannot_become_current_is_removed(
    built: Archive, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    numbers, current = built.warehouse.numbers(), built.snapshot.folder
    built.write("c.md", post())

    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error", "1", None, str(built.warehouse.root))

    with monkeypatch.context() as patch:
        patch.setattr(f"pipelines.warehouse.warehouse.{failing}", refuse)
        with pytest.raises(PipelineError, match=f"^{built.warehouse.root}: Input/output error"):
            built.run()
    assert (built.warehouse.numbers(), built.snapshot.folder) == (numbers, current)
    assert built.run().snapshot == numbers[-1] + 1


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EIO])
def test_a_file_system_that_cannot_sync_a_folder_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OSError, match="Input/output") if number == errno.EIO else nullcontext():
        sync_folder(tmp_path)


def test_a_folder_in_the_place_of_a_link_stops_a_publish(archive: Archive) -> None:
    (archive.warehouse.root / "articles").mkdir(parents=True)
    with pytest.raises(WarehouseError, match="expected a link or nothing"):
        archive.run()
    assert archive.warehouse.current() is None


def test_staging_is_emptied_after_a_killed_run(built: Archive) -> None:
    staging = built.warehouse.root / "staging"
    (staging / "draft").mkdir(parents=True, exist_ok=True)
    (staging / "draft" / "leftover").write_text("x")
    built.run()
    assert list(staging.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EIO])
def test_a_kernel_that_cannot_wait_for_one_file_system_waits_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(_: int) -> int:
        ctypes.set_errno(number)
        return -1

    waited = []
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: SimpleNamespace(syncfs=refuse))
    monkeypatch.setattr("os.sync", lambda: waited.append("all"))
    with pytest.raises(OSError, match="Input/output") if number == errno.EIO else nullcontext():
        sync_file_system(tmp_path)
    assert waited == ([] if number == errno.EIO else ["all"])


def test_a_draft_that_lost_a_file_is_not_published(
    built: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = built.hashes()
    built.write("c.md", post())

    def clear(*_: object) -> list[str]:
        # Another run would do this if somebody removed the lock.
        built.warehouse.staged().list_files("images")["2024-03"].unlink()
        return []

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.runs.steps.list_objections", clear)
        with pytest.raises(WarehouseError, match=r"draft: was changed by somebody else, .*again$"):
            built.run()
    assert built.hashes() == before
    assert built.run().status == "published"


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP])
def test_a_file_system_without_links_is_an_error(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(WarehouseError, match="the file system has no symbolic links"):
        archive.run()
    assert archive.warehouse.numbers() == []
