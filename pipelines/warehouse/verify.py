"""Proof that a snapshot is what its manifest says."""

import hashlib
from pathlib import Path

from pipelines.errors import WarehouseError
from pipelines.warehouse.manifest import MANIFEST_NAME, Partition
from pipelines.warehouse.snapshot import Snapshot


def verify_snapshot(snapshot: Snapshot) -> list[str]:
    """What is wrong with `snapshot`, every file of it read again whole; empty if nothing is."""
    try:
        return _list_damages(snapshot)
    except WarehouseError as error:
        return [str(error)]


def _list_damages(snapshot: Snapshot) -> list[str]:
    records = {
        record.file: record
        for partitions in snapshot.manifest.tables.values()
        for record in partitions.values()
        if record.file
    }
    damages = [
        f"{snapshot.folder / file}: {damage}"
        for file, record in sorted(records.items())
        if (damage := find_damage(snapshot.folder / file, record))
    ]
    found = {
        path.relative_to(snapshot.folder).as_posix()
        for path in snapshot.folder.rglob("*")
        if not path.is_dir()
    }
    return damages + [
        f"{snapshot.folder / file}: in no manifest"
        for file in sorted(found - records.keys() - {MANIFEST_NAME})
    ]


def find_damage(path: Path, record: Partition) -> str | None:
    """What is wrong with the file of one partition; null if nothing is."""
    try:
        size = path.stat().st_size
        if size != record.bytes:
            return f"found {size} bytes, expected {record.bytes}"
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"{error.strerror}, expected a file of {record.bytes} bytes"
    if sha256 != record.sha256:
        return f"found SHA-256 {sha256}, expected {record.sha256}"
    return None
