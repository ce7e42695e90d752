"""Maintenance: going back to a snapshot, and removing old ones, under the lock."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.errors import WarehouseError
from pipelines.warehouse.hold import hold_warehouse, release_warehouse
from pipelines.warehouse.recording import record_run
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
