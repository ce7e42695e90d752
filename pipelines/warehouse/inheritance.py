"""Inheritance: a draft gets the history that earlier snapshots have.

No build can make that again. Each snapshot has all that the ones before it have, so the newest one
has most, even if an older one is current after a rollback.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import DamagedError, NewerFormatError, WarehouseError
from pipelines.warehouse.damage import find_damage
from pipelines.warehouse.draft import Draft, Written
from pipelines.warehouse.layout import find_root, list_numbers, locate_snapshot, read_number
from pipelines.warehouse.manifest import Partition
from pipelines.warehouse.snapshot import Snapshot

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inherited:
    """A draft with the history of `origin`; None if no snapshot has any.

    `is_whole` if nothing of it was lost by damage.
    """

    draft: Draft
    origin: Snapshot | None
    is_whole: bool = True


def inherit_history(draft: Draft, table: str, *, is_full: bool) -> Inherited:
    """Let `draft` have the rows of `table` that the newest snapshot has.

    If a file is damaged, what an older snapshot has of it is taken, but only if `is_full`: until
    then, somebody may put it back.

    Raises:
        DamagedError: Something would be lost, and it is no full build.
    """
    root = find_root(draft.folder)
    origin = _find_newest(root, table, is_full=is_full)
    if origin is None:
        return Inherited(draft, None)
    records = origin.manifest.tables[table]
    is_parent = draft.parent is not None and read_number(draft.parent) == origin.number
    if is_parent and draft.tables[table] == records:
        return Inherited(draft, origin)
    wanted = {key: record for key, record in records.items() if record.rows}
    taken = {key: _find_whole(origin, table, key, is_full=is_full) for key in wanted}
    gone = draft.tables[table].keys() - wanted.keys()
    written = [
        draft.take(table, key, found.record, found.path) for key, found in taken.items() if found
    ]
    return Inherited(
        draft.apply([*(Written(table, key, None) for key in gone), *written]),
        origin,
        is_whole=all(found and found.record == wanted[key] for key, found in taken.items()),
    )


def _find_newest(root: Path, table: str, *, is_full: bool) -> Snapshot | None:
    """The newest snapshot that has rows of `table`, or could have them."""
    for snapshot in _list_newest_first(root):
        try:
            if table in snapshot.manifest.tables:
                return snapshot
        except WarehouseError as error:
            # What a newer version saw, only that version can read.
            if not is_full and not isinstance(error, NewerFormatError):
                raise
            logger.warning("%s: what was seen then is left out", error)
    return None


def _list_newest_first(root: Path) -> Iterator[Snapshot]:
    numbers = reversed(list_numbers(root))
    return (Snapshot(locate_snapshot(root, number)) for number in numbers)


@dataclass(frozen=True)
class _Whole:
    """A file of a snapshot that is not damaged."""

    path: Path
    record: Partition


def _find_whole(origin: Snapshot, table: str, key: str, *, is_full: bool) -> _Whole | None:
    """The file of one partition: that of `origin`, or else the newest one that is not damaged."""
    record = origin.manifest.tables[table][key]
    path = origin.folder / str(record.file)
    damage = find_damage(path, record)
    if damage is None:
        return _Whole(path, record)
    found = next(_list_whole(find_root(origin.folder), table, key), None)
    if found and found.record == record:
        return found
    if not is_full:
        raise DamagedError(f"{path}: {damage}", find_root(origin.folder))
    left = f"{found.record.rows:,} older ones of {found.path} stay" if found else "none stay"
    logger.warning("%s: %s: its %d rows cannot be read; %s", path, damage, record.rows, left)
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
