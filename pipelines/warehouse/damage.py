"""Damage: which files of a snapshot are not what its manifest says."""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from pipelines.errors import DamagedError, WarehouseError
from pipelines.warehouse.layout import (
    ADDRESS_NAME,
    DESCRIPTION_FILES,
    MANIFEST_NAME,
    READER_FILES,
    SIGHTINGS_NAME,
    find_root,
    name_identities,
)
from pipelines.warehouse.manifest import Manifest, Partition, read_manifest

Hashes: TypeAlias = dict[tuple[int, int], str]
"""The SHA-256 of files by device and inode: a file that snapshots share is read only once."""


class DamagedFile(NamedTuple):
    """A file that is missing, or is not what the manifest says of it: `record`."""

    folder: Path
    table: str
    partition: str
    record: Partition
    damage: str

    @property
    def path(self) -> Path:
        return self.folder / str(self.record.file)

    def __str__(self) -> str:
        return f"{self.path}: {self.damage}"


def list_damages(folder: Path, hashes: Hashes | None = None) -> list[str]:
    """What is wrong with the snapshot in `folder`. Reads every file of it.

    `hashes` are those of files that were read before. This call adds its own.
    """
    try:
        manifest = read_manifest(folder)
    except WarehouseError as error:
        return [str(error)]
    damaged = list_damaged_files(folder, manifest, hashes)
    return [*sorted(map(str, damaged)), *list_surplus(folder, manifest)]


def list_damaged_files(
    folder: Path, manifest: Manifest, hashes: Hashes | None = None
) -> list[DamagedFile]:
    """The damaged and missing files of the snapshot in `folder`, parents first."""
    hashes = {} if hashes is None else hashes
    return [
        DamagedFile(folder, table, partition, record, damage)
        for table, records in manifest.tables.items()
        for partition, record in sorted(records.items())
        if record.file and (damage := find_damage(folder / record.file, record, hashes))
    ]


def list_surplus(folder: Path, manifest: Manifest) -> list[str]:
    """The files that lie in the snapshot and are not part of it. Readers may take them for rows."""
    recorded = {record.file for records in manifest.tables.values() for record in records.values()}
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    caches = {name_identities(bucket) for bucket in manifest.tables["files"]}
    known = {MANIFEST_NAME, ADDRESS_NAME, SIGHTINGS_NAME, *READER_FILES, *DESCRIPTION_FILES}
    surplus = found - recorded - known - caches
    return [f"{folder / file}: in no manifest: move it away" for file in sorted(surplus)]


def check_files(
    folder: Path, records: Iterable[Partition], find: Callable[[Path, Partition], str | None]
) -> None:
    """Look for damage in the files of `records`, all of the snapshot in `folder`.

    Raises:
        DamagedError: `find` found some.
        WarehouseError: The snapshot was removed meanwhile.
    """
    for record in records:
        if record.file and (damage := find(folder / record.file, record)):
            check_is_there(folder)
            raise DamagedError(f"{folder / record.file}: {damage}", find_root(folder))


def check_is_there(folder: Path) -> None:
    """A snapshot that was pruned, or swept from staging, is not damaged.

    Raises:
        WarehouseError: The folder of the snapshot is gone.
    """
    if not folder.is_dir():
        raise WarehouseError(f"{folder}: the snapshot was removed meanwhile")


def find_damage(path: Path, record: Partition, hashes: Hashes | None = None) -> str | None:
    """What is wrong with the file of one partition; None if nothing is. Reads the file.

    Parquet itself finds too little: a flipped byte may be read as another value, or crash.
    """
    if damage := find_wrong_size(path, record):
        return damage
    try:
        sha256 = _hash(path, {} if hashes is None else hashes)
    except OSError as error:
        return f"{error.strerror}, expected a file of {record.bytes} bytes"
    return None if sha256 == record.sha256 else f"found SHA-256 {sha256}, expected {record.sha256}"


def find_wrong_size(path: Path, record: Partition) -> str | None:
    """What is wrong with a file as far as can be seen without reading it; None if nothing is."""
    try:
        size = path.stat().st_size
    except OSError as error:
        return f"{error.strerror}, expected a file of {record.bytes} bytes"
    return None if size == record.bytes else f"found {size} bytes, expected {record.bytes}"


def _hash(path: Path, hashes: Hashes) -> str:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        inode = (status.st_dev, status.st_ino)
        if inode not in hashes:
            hashes[inode] = hashlib.file_digest(file, "sha256").hexdigest()
    return hashes[inode]
