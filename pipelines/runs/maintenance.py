"""Maintenance: going back to a snapshot, and removing old ones, under the lock."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.errors import WarehouseError
from pipelines.warehouse.recording import record_run
from pipelines.warehouse.warehouse import Warehouse


def roll_back(root: Path, number: int, wait_seconds: float) -> bool:
    """Make the snapshot `number` the current one. Returns False if it is current already.

    Raises:
        WarehouseError: There is no such snapshot.
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
        if is_other:
            warehouse.point_to(number)
        record.status = "published" if is_other else "unchanged"
        record.snapshot = number
    return is_other


def _current_number(warehouse: Warehouse) -> int | None:
    """The number of the current snapshot; None if there is none, or its link is damaged."""
    with suppress(WarehouseError):
        if current := warehouse.current():
            return current.number
    return None


def prune_snapshots(root: Path, keep: int, days: float, wait_seconds: float) -> list[int]:
    """Remove the snapshots that are neither among the newest `keep` nor younger than `days`.

    Raises:
        NothingPublishedError: Nothing is published in `root`.
    """
    warehouse = Warehouse(root)
    warehouse.pin()
    options = {"keep": keep, "days": days}
    with record_run(root, "prune", "local", options, wait_seconds) as record:
        removed = warehouse.prune(datetime.now(UTC), keep, timedelta(days=days))
        record.status = "pruned"
        record.message = f"removed {', '.join(map(str, removed)) or 'no snapshot'}"
    return removed
