"""Damage: what of a snapshot is not as its manifest says, and the way back to one that is whole."""

import hashlib
from pathlib import Path

from pipelines.commands import render_command
from pipelines.errors import WarehouseError
from pipelines.warehouse.layout import MANIFEST_NAME, list_numbers, locate_snapshot
from pipelines.warehouse.manifest import Partition, read_manifest


def list_damages(folder: Path) -> list[str]:
    """What is wrong with the snapshot in `folder`, every file of it read again whole."""
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
        if (damage := find_damage(folder / file, record))
    ]
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    return damages + [
        f"{folder / file}: in no manifest"
        for file in sorted(found - records.keys() - {MANIFEST_NAME})
    ]


def find_damage(path: Path, record: Partition) -> str | None:
    """What is wrong with the file of one partition; null if nothing is."""
    if damage := find_wrong_size(path, record):
        return damage
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"{error.strerror}, expected a file of {record.bytes} bytes"
    return None if sha256 == record.sha256 else f"found SHA-256 {sha256}, expected {record.sha256}"


def find_wrong_size(path: Path, record: Partition) -> str | None:
    """What can be seen to be wrong without reading the file; null if nothing can."""
    try:
        size = path.stat().st_size
    except OSError as error:
        return f"{error.strerror}, expected a file of {record.bytes} bytes"
    return None if size == record.bytes else f"found {size} bytes, expected {record.bytes}"


def describe_way_back(root: Path) -> str:
    """The commands that help when the current snapshot of the warehouse `root` is damaged.

    A snapshot is recommended only if every file of it was read and found whole: it may share the
    damaged one.
    """
    numbers = sorted(list_numbers(root), reverse=True)
    whole = (each for each in numbers if not list_damages(locate_snapshot(root, each)))
    number = next(whole, None)
    if number is None:
        anew = render_command("build", "--full", warehouse=root)
        return f"make all anew with `{anew}`"
    raw = Path(read_manifest(locate_snapshot(root, number)).raw)
    back = render_command("rollback", str(number), warehouse=root)
    anew = render_command("build", "--full", warehouse=root, raw=raw)
    return f"go back with `{back}`, or make all anew with `{anew}`"
