"""Damage: what of a snapshot is not as its manifest says, and the way back to one that is whole."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from pipelines.commands import render_command
from pipelines.errors import WarehouseError
from pipelines.warehouse.layout import CURRENT_NAME, MANIFEST_NAME, list_numbers, locate_snapshot
from pipelines.warehouse.manifest import Partition, read_manifest

Hashes: TypeAlias = dict[tuple[int, int], str]
"""The SHA-256 of files by device and inode: a file that snapshots share is read only once."""


def list_damages(folder: Path, hashes: Hashes | None = None) -> list[str]:
    """What is wrong with the snapshot in `folder`, every file of it read again whole.

    Args:
        folder: The folder of the snapshot.
        hashes: Those of the files that were read for other snapshots; this call adds its own.
    """
    hashes = {} if hashes is None else hashes
    try:
        tables = read_manifest(folder).tables
    except WarehouseError as error:
        return [str(error)]
    records = {
        record.file: record
        for partitions in tables.values()
        for record in partitions.values()
        if record.file
    }
    damages = [
        f"{folder / file}: {damage}"
        for file, record in sorted(records.items())
        if (damage := find_damage(folder / file, record, hashes))
    ]
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    return damages + [
        f"{folder / file}: in no manifest"
        for file in sorted(found - records.keys() - {MANIFEST_NAME})
    ]


def find_damage(path: Path, record: Partition, hashes: Hashes | None = None) -> str | None:
    """What is wrong with the file of one partition; null if nothing is."""
    if damage := find_wrong_size(path, record):
        return damage
    try:
        sha256 = _hash(path, {} if hashes is None else hashes)
    except OSError as error:
        return f"{error.strerror}, expected a file of {record.bytes} bytes"
    return None if sha256 == record.sha256 else f"found SHA-256 {sha256}, expected {record.sha256}"


def _hash(path: Path, hashes: Hashes) -> str:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        inode = (status.st_dev, status.st_ino)
        if inode not in hashes:
            hashes[inode] = hashlib.file_digest(file, "sha256").hexdigest()
    return hashes[inode]


def find_wrong_size(path: Path, record: Partition) -> str | None:
    """What can be seen to be wrong without reading the file; null if nothing can."""
    try:
        size = path.stat().st_size
    except OSError as error:
        return f"{error.strerror}, expected a file of {record.bytes} bytes"
    return None if size == record.bytes else f"found {size} bytes, expected {record.bytes}"


def describe_way_back(root: Path) -> str:
    """The commands that help when a snapshot of the warehouse `root` is damaged.

    A snapshot is recommended only if every file of it was read and found whole: it may share the
    damaged one.
    """
    numbers = sorted(list_numbers(root), reverse=True)
    hashes: Hashes = {}
    # Not `resolve`, which fails where links lead in a circle.
    target = os.path.realpath(root / CURRENT_NAME)
    real_root = Path(os.path.realpath(root))
    current = next((n for n in numbers if str(locate_snapshot(real_root, n)) == target), None)
    if current is not None and not list_damages(locate_snapshot(root, current), hashes):
        return f"the current snapshot, {current}, is whole: stay with it, or choose another"
    whole = (each for each in numbers if not list_damages(locate_snapshot(root, each), hashes))
    number = next(whole, None)
    anew = f"make all anew with `{_render_build(root, numbers)}`"
    if number is None:
        return anew
    back = render_command("rollback", str(number), warehouse=root)
    return f"go back with `{back}`, or {anew}"


def _render_build(root: Path, numbers: list[int]) -> str:
    """The command that makes all anew from the raw files of the first whose manifest is whole."""
    for number in numbers:
        with suppress(WarehouseError):
            manifest = read_manifest(locate_snapshot(root, number))
            options = [] if manifest.include is None else ["--include", manifest.include]
            raw = Path(manifest.raw)
            return render_command("build", "--full", *options, warehouse=root, raw=raw)
    return render_command("build", "--full", warehouse=root)
