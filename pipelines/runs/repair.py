"""Repair: damaged and missing files of snapshots are put back, from what is whole.

The cheapest source comes first: another snapshot with the same file, then documents, then the raw
files of the month, then all raw files.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.errors import PipelineError
from pipelines.processes.workers import Workers
from pipelines.runs.remake import Remaker
from pipelines.warehouse.damage import DamagedFile, Hashes, list_damaged_files
from pipelines.warehouse.draft import Draft
from pipelines.warehouse.healing import find_twin, put_back, scratch_folder
from pipelines.warehouse.layout import find_root, locate_snapshot
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.registry import load_tables

OTHER_CODE = "other code made it, and this code makes other bytes: only a build replaces it"
HISTORY = "it keeps what earlier runs saw, which nothing else says: only a copy of it helps"
_FROM_ALL_FILES = ("findings", "files")
"""The tables that depend on all raw files."""


class Repaired(NamedTuple):
    """What became of a damaged file: what it was made from again, or why it could not be made."""

    file: DamagedFile
    source: str | None
    reason: str | None = None


def repair_snapshots(root: Path, numbers: Iterable[int], jobs: int | None) -> list[Repaired]:
    """Put the damaged files of these snapshots back. The caller holds the lock.

    Raises:
        PipelineError: A manifest is damaged, or the system refuses something.
    """
    hashes: Hashes = {}
    repaired: list[Repaired] = []
    with scratch_folder(root) as scratch, Workers(jobs) as workers:
        for number in numbers:
            snapshot = Snapshot(locate_snapshot(root, number))
            damaged = list_damaged_files(snapshot.folder, snapshot.manifest, hashes)
            if damaged:
                repaired += _repair(snapshot, damaged, scratch, workers)
                # A file that was put back may have the inode of one that was replaced.
                hashes.clear()
    return repaired


def _repair(
    snapshot: Snapshot, damaged: list[DamagedFile], scratch: Path, workers: Workers
) -> Iterator[Repaired]:
    remaker = Remaker(snapshot, scratch, workers)
    waiting: list[Repaired] = []
    for file in damaged:
        obstacle = _find_obstacle(file)
        outcome = (
            obstacle or _repair_from_twin(file, scratch) or _repair_from_parents(file, remaker)
        )
        if outcome.source or obstacle:
            yield outcome
        else:
            waiting.append(outcome)
    yield from _repair_from_all(waiting, remaker)


def _find_obstacle(file: DamagedFile) -> Repaired | None:
    parent = file.path.parent
    if file.path.is_dir():
        return Repaired(file, None, "a folder is in its place: move it away")
    if os.path.lexists(parent) and not parent.is_dir():
        return Repaired(file, None, f"{parent} is in the place of a folder: move it away")
    return None


def _repair_from_twin(file: DamagedFile, scratch: Path) -> Repaired | None:
    number = find_twin(file, {})
    if number is None:
        return None
    twin = locate_snapshot(find_root(file.folder), number) / str(file.record.file)
    return _put_back(file, twin, scratch, f"snapshot {number}")


def _repair_from_parents(file: DamagedFile, remaker: Remaker) -> Repaired:
    if load_tables()[file.table].is_history and file.record.rows:
        return Repaired(file, None, HISTORY)
    if file.record.fingerprint != fingerprint_table(file.table):
        return Repaired(file, None, OTHER_CODE)
    if file.table in _FROM_ALL_FILES and file.record.rows:
        return Repaired(file, None)
    try:
        path, source = remaker.remake(file)
    except PipelineError as error:
        return Repaired(file, None, str(error))
    return _put_back(file, path, remaker.scratch, source)


def _repair_from_all(waiting: list[Repaired], remaker: Remaker) -> list[Repaired]:
    """Read all raw files again, if a table needs that, and take what was waiting for it."""
    if not any(each.reason is None for each in waiting):
        return waiting
    try:
        draft = remaker.remake_all()
    except PipelineError as error:
        return [each._replace(reason=each.reason or str(error)) for each in waiting]
    return [_take(each, draft, remaker.scratch) for each in waiting]


def _take(waiting: Repaired, draft: Draft, scratch: Path) -> Repaired:
    file = waiting.file
    if waiting.reason in (HISTORY, OTHER_CODE):
        return waiting
    if file.record.file in draft.staged:
        return _put_back(file, draft.folder / str(file.record.file), scratch, "all raw files")
    return Repaired(file, None, waiting.reason or "raw files changed since, so it cannot be made")


def _put_back(file: DamagedFile, source: Path, scratch: Path, described: str) -> Repaired:
    try:
        put_back(file, source, scratch)
    except PipelineError as error:
        return Repaired(file, None, f"made again from {described}, it has other bytes: {error}")
    return Repaired(file, described)
