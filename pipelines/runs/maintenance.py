"""Maintenance: going back to a snapshot, and removing old ones, under the lock."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from pipelines.errors import WarehouseError
from pipelines.runs.reader_files import prepare_for_readers
from pipelines.warehouse.hold import hold_warehouse, release_warehouse
from pipelines.warehouse.recording import record_run
from pipelines.warehouse.retention import Retention
from pipelines.warehouse.runs import prune_runs
from pipelines.warehouse.warehouse import Warehouse


def roll_back(root: Path, number: int, wait_seconds: float, hold: str | None = None) -> bool:
    """Make the snapshot `number` the current one. Returns False if it is current already.

    With `hold`, a reason, the warehouse is held from then on.

    Raises:
        WarehouseError: There is no such snapshot, or the warehouse is held already.
        DamagedError: It is not whole.
    """
    warehouse = Warehouse(root)
    warehouse.snapshot(number)
    with record_run(root, "rollback", "local", {"number": number}, wait_seconds) as record:
        # The run that held the lock until now may have pruned it.
        target = warehouse.snapshot(number)
        for table, partitions in target.manifest.tables.items():
            target.check_bytes(table, partitions)
        is_other = _current_number(warehouse) != number
        with _holding(root, hold):
            if is_other:
                prepare_for_readers(target)
                warehouse.point_to(number)
        record.status = "published" if is_other else "unchanged"
        record.snapshot = number
    return is_other


@contextmanager
def _holding(root: Path, reason: str | None) -> Iterator[None]:
    """Hold the warehouse first, so that no run comes in between. A failure ends the hold."""
    if reason is None:
        yield
        return
    hold_warehouse(root, reason)
    try:
        yield
    except BaseException:
        release_warehouse(root)
        raise


def _current_number(warehouse: Warehouse) -> int | None:
    """The number of the current snapshot; None if there is none, or its link is damaged."""
    with suppress(WarehouseError):
        if current := warehouse.current():
            return current.number
    return None


class Pruned(NamedTuple):
    """The numbers of the snapshots that were removed, and how many records of runs."""

    snapshots: list[int]
    runs: int


def prune_warehouse(root: Path, retention: Retention, wait_seconds: float) -> Pruned:
    """Remove the snapshots, and the records of runs, that are neither among the newest nor young.

    Raises:
        NothingPublishedError: Nothing is published in `root`.
    """
    warehouse = Warehouse(root)
    warehouse.pin()
    with record_run(root, "prune", "local", asdict(retention), wait_seconds) as record:
        now = datetime.now(UTC)
        younger_than = timedelta(days=retention.days)
        # First, since a snapshot that resists is an error.
        runs = prune_runs(root, now, retention)
        snapshots = warehouse.prune(now, retention.keep, younger_than)
        record.status = "pruned"
        numbers = ", ".join(map(str, snapshots)) or "no snapshot"
        record.message = f"removed {numbers}{f', and records of runs: {runs:,}' if runs else ''}"
    return Pruned(snapshots, runs)
