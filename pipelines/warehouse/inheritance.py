"""Inheritance: a draft gets the history that earlier snapshots have.

No build can make that again. Each snapshot has all that the ones before it have, so the newest one
has most, even if an older one is current after a rollback.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import WarehouseError
from pipelines.warehouse.damage import find_damage
from pipelines.warehouse.draft import Draft, Written
from pipelines.warehouse.layout import find_root, list_numbers, locate_snapshot, read_number
from pipelines.warehouse.manifest import Partition
from pipelines.warehouse.snapshot import Snapshot

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inherited:
    """A draft with the history of `origin`.

    That is None if no snapshot has a history, or if damage took something of it.
    """

    draft: Draft
    origin: Snapshot | None


def inherit_history(draft: Draft, table: str, *, is_full: bool) -> Inherited:
    """Let `draft` have the rows of `table` that the newest snapshot has.

    Of a file that is damaged there, what an older snapshot has of it is taken. Only files that the
    draft has from its parent are not looked at, unless `is_full`: who reads one finds the damage,
    and somebody may still put it back.
    """
    origin = _find_newest(find_root(draft.folder), table)
    if origin is None:
        return Inherited(draft, None)
    records = origin.manifest.tables[table]
    is_parent = draft.parent is not None and read_number(draft.parent) == origin.number
    if is_parent and not is_full and draft.tables[table] == records:
        return Inherited(draft, origin)
    wanted = {key: record for key, record in records.items() if record.rows}
    found = {key: whole for key in wanted if (whole := _find_whole(origin, table, key))}
    gone = [Written(table, key, None) for key in draft.tables[table].keys() - found.keys()]
    taken = [draft.take(table, key, each.record, each.path) for key, each in found.items()]
    is_whole = {key: each.record for key, each in found.items()} == wanted
    return Inherited(draft.apply([*gone, *taken]), origin if is_whole else None)


def _find_newest(root: Path, table: str) -> Snapshot | None:
    """The newest snapshot that has rows of `table`, or could have them."""
    for snapshot in _list_newest_first(root):
        try:
            if table in snapshot.manifest.tables:
                return snapshot
        except WarehouseError as error:
            logger.warning("%s: what its run saw of articles is left out", error)
    return None


def _list_newest_first(root: Path) -> Iterator[Snapshot]:
    numbers = reversed(list_numbers(root))
    return (Snapshot(locate_snapshot(root, number)) for number in numbers)


@dataclass(frozen=True)
class _Whole:
    """A file of a snapshot that is not damaged."""

    path: Path
    record: Partition


def _find_whole(origin: Snapshot, table: str, key: str) -> _Whole | None:
    """The file of one partition: that of `origin`, or else the newest one that is not damaged."""
    record = origin.manifest.tables[table][key]
    path = origin.folder / str(record.file)
    damage = find_damage(path, record)
    if damage is None:
        return _Whole(path, record)
    found = next(_list_whole(find_root(origin.folder), table, key), None)
    if found and found.record == record:
        return found
    kept = f"the first {found.record.rows:,}, of {found.path}," if found else "none of them"
    logger.warning("%s: %s: it had %d rows, and %s could be kept", path, damage, record.rows, kept)
    return found


def _list_whole(root: Path, table: str, key: str) -> Iterator[_Whole]:
    """The files of one partition that are not damaged, the newest first."""
    for snapshot in _list_newest_first(root):
        try:
            record = snapshot.manifest.tables.get(table, {}).get(key)
        except WarehouseError:
            continue
        if record and record.rows:
            path = snapshot.folder / str(record.file)
            if find_damage(path, record) is None:
                yield _Whole(path, record)
