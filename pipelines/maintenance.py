"""Maintenance: going back to a snapshot, and removing old ones, under the lock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.warehouse import Warehouse
from pipelines.warehouse.recording import record_run


def roll_back(root: Path, number: int, wait_seconds: float) -> None:
    """Make the snapshot `number` the current one.

    Raises:
        WarehouseError: There is no such snapshot, or it is not whole.
    """
    warehouse = Warehouse(root)
    target = warehouse.snapshot(number)
    with record_run(root, "rollback", "local", {"number": number}, wait_seconds) as record:
        for table, partitions in target.manifest.tables.items():
            target.check_bytes(table, partitions)
        warehouse.point_to(number)
        record.status = "published"
        record.snapshot = number


def prune_snapshots(root: Path, keep: int, days: float, wait_seconds: float) -> list[int]:
    """Remove the snapshots that are neither among the newest `keep` nor younger than `days`.

    Raises:
        WarehouseError: Nothing is published in `root`.
    """
    warehouse = Warehouse(root)
    warehouse.pin()
    options = {"keep": keep, "days": days}
    with record_run(root, "prune", "local", options, wait_seconds) as record:
        removed = warehouse.prune(datetime.now(UTC), keep, timedelta(days=days))
        record.status = "pruned"
        record.message = f"removed {removed}"
    return removed
