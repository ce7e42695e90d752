"""Verifying: every file of snapshots is read again, and put back if it is damaged and asked for."""

import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from pipelines.errors import WarehouseError
from pipelines.warehouse.damage import Hashes, list_damages
from pipelines.warehouse.layout import locate_snapshot
from pipelines.warehouse.recording import record_run
from pipelines.warehouse.runs import RunRecord
from pipelines.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from pipelines.runs.repair import Repaired

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verified:
    """What is wrong with each snapshot by now, and what was done about it."""

    damages: dict[int, list[str]]
    repaired: "list[Repaired]"

    @property
    def damaged(self) -> list[int]:
        """The snapshots that are not whole."""
        return [number for number, found in self.damages.items() if found]

    @property
    def status(self) -> str:
        """What the record of the run says: whole, repaired or damaged."""
        if self.damaged:
            return "damaged"
        return "repaired" if self.repaired else "whole"

    def __str__(self) -> str:
        """All of this in one line."""
        parts = []
        if self.repaired:
            count = sum(each.source is not None for each in self.repaired)
            parts.append(f"{count} of {len(self.repaired)} damaged files were put back")
        for number in self.damaged:
            found = self.damages[number]
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            parts.append(f"snapshot {number} is damaged: {found[0]}{more}")
        whole = [str(number) for number, found in self.damages.items() if not found]
        return "; ".join(parts) or f"whole: snapshot {', '.join(whole)}"


def list_asked_for(warehouse: Warehouse, number: int | None, *, is_all: bool) -> list[int]:
    """The snapshots to verify: all, or the one of `number`, or the current one.

    Raises:
        WarehouseError: There is none, or none of that number.
    """
    numbers = warehouse.numbers() if is_all else []
    # If nothing is published, this says so.
    return numbers or [warehouse.pin(number).number]


def find_damages(root: Path, numbers: Iterable[int]) -> dict[int, list[str]]:
    """What is wrong with each of these snapshots. A file that they share is read once."""
    hashes: Hashes = {}
    return {number: list_damages(locate_snapshot(root, number), hashes) for number in numbers}


def verify_and_repair(
    root: Path,
    number: int | None = None,
    *,
    is_all: bool = False,
    jobs: int | None = None,
    wait_seconds: float = 0,
) -> tuple[Verified, RunRecord]:
    """Verify, and put back what is damaged. Under the lock, and it leaves a record.

    Raises:
        LockedError: Another run holds the lock.
        WarehouseError: There is nothing to verify.
        DamagedError: It cannot be found out which snapshot is current.
    """
    warehouse = Warehouse(root)
    list_asked_for(warehouse, number, is_all=is_all)
    options = {"snapshot": number, "all": is_all, "repair": True}
    with record_run(root, "verify", "local", options, wait_seconds) as record:
        numbers = list_asked_for(warehouse, number, is_all=is_all)
        readable = [each for each in numbers if _has_manifest(warehouse, each)]
        # Imported here: only a repair needs the code that makes tables.
        from pipelines.runs.repair import repair_snapshots

        repaired = repair_snapshots(root, readable, jobs)
        verified = Verified(find_damages(root, numbers), repaired)
        record.status, record.message = verified.status, str(verified)
    return verified, record


def verify_snapshots(
    root: Path, number: int | None = None, *, is_all: bool = False
) -> tuple[Verified, RunRecord]:
    """Verify, and leave a record. For schedules: takes no lock, so a build need not wait.

    The status of the record is `whole` or `damaged`.

    Raises:
        WarehouseError: There is nothing to verify.
    """
    began, started = monotonic(), datetime.now(UTC)
    verified = Verified(
        find_damages(root, list_asked_for(Warehouse(root), number, is_all=is_all)), []
    )
    options: dict[str, Any] = {"snapshot": number, "all": is_all, "repair": False}
    record = RunRecord(
        run_id=f"{started:%Y%m%dT%H%M%S%fZ}-verify-{os.getpid()}",
        job="verify",
        engine="local",
        started_at=started.isoformat(timespec="seconds"),
        options=options,
        status=verified.status,
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(monotonic() - began, 3),
        message=str(verified),
    )
    try:
        record.write(root, draft=".new-verify")
    except OSError as error:
        logger.warning("the record of this run could not be written: %s", error)
    return verified, record


def _has_manifest(warehouse: Warehouse, number: int) -> bool:
    with suppress(WarehouseError):
        return bool(warehouse.snapshot(number).manifest)
    return False
