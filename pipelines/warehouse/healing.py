"""Healing: damaged files of a snapshot get their bytes back.

A published file never changes. So only bytes that hash to what the manifest says take the place of
a damaged file, in one step: a reader sees what was published, or the damage.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import WarehouseError
from pipelines.warehouse.damage import DamagedFile, Hashes, find_damage
from pipelines.warehouse.layout import STAGING_NAME, find_root, list_numbers, locate_snapshot
from pipelines.warehouse.sync import sync_folder


def find_twin(file: DamagedFile, hashes: Hashes) -> int | None:
    """The number of the newest other snapshot in which the same file is whole; None if none is.

    The name of a file says its bytes, so it is the same in every snapshot.
    """
    root = find_root(file.folder)
    for number in reversed(list_numbers(root)):
        twin = locate_snapshot(root, number) / str(file.record.file)
        if twin != file.path and find_damage(twin, file.record, hashes) is None:
            return number
    return None


def put_back(file: DamagedFile, source: Path, scratch: Path) -> None:
    """Put the bytes at `source` in place of the damaged `file`.

    Raises:
        WarehouseError: They are not those that were published.
    """
    fresh = scratch / f".{os.urandom(16).hex()}"
    try:
        os.link(source, fresh)
    except OSError:
        shutil.copyfile(source, fresh)
    if damage := find_damage(fresh, file.record):
        raise WarehouseError(damage)
    fresh.chmod(fresh.stat().st_mode & 0o444)
    _sync_file(fresh)
    file.path.parent.mkdir(parents=True, exist_ok=True)
    fresh.rename(file.path)
    sync_folder(file.path.parent)


@contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """A folder below staging for what is made again. What else is staged stays."""
    folder = root / STAGING_NAME / f"repair-{os.urandom(8).hex()}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
