"""Watching a warehouse: how old the last success may be, and how many rejects there may be."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import polars as pl

from pipelines.reports.text import count_noun
from pipelines.runs.sightings import FIRST_SEEN, read_sightings
from pipelines.warehouse.history import SUCCESSES, find_success, select_runs
from pipelines.warehouse.hold import Hold, find_hold
from pipelines.warehouse.runs import RunRecord
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse

_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


@dataclass(frozen=True)
class MonitorLimits:
    """What a monitor accepts. None accepts everything.

    `max_age` is that of the last run that looked at all raw files and succeeded. Rejects are
    errors: all of the current snapshot, and those that came with it.
    """

    max_age: timedelta | None = None
    max_rejects: int | None = None
    max_new_rejects: int | None = None


class Health(NamedTuple):
    """What a monitor looks at. `last_success` is None if none is known."""

    snapshot: int
    last_success: datetime | None
    is_dated_ahead: bool
    rejects: int
    new_rejects: int
    last_run: RunRecord | None
    hold: Hold | None


def read_health(warehouse: Warehouse, now: datetime) -> Health:
    """The health of `warehouse`. No raw file is looked at.

    Raises:
        WarehouseError: Nothing is published, or a file of what is published is missing.
    """
    snapshot = warehouse.pin()
    snapshot.check_files()
    return Health(
        snapshot.number,
        *find_success(warehouse.root, now),
        *_count_rejects(snapshot),
        next(select_runs(warehouse.root, now=now), None),
        find_hold(warehouse.root),
    )


def list_broken(health: Health, limits: MonitorLimits, now: datetime) -> list[str]:
    """Each limit that is broken, in words; empty if none is."""
    broken: list[str] = []
    if limits.max_age is not None:
        broken += _check_age(health, limits.max_age, now)
    if limits.max_rejects is not None and health.rejects > limits.max_rejects:
        broken.append(f"{count_noun(health.rejects, 'reject')} (limit {limits.max_rejects:,})")
    if limits.max_new_rejects is not None and health.new_rejects > limits.max_new_rejects:
        new = f"{count_noun(health.new_rejects, 'reject')} new in snapshot {health.snapshot}"
        broken.append(f"{new} (limit {limits.max_new_rejects:,})")
    return broken


def describe_health(health: Health, now: datetime) -> str:
    """The state of a warehouse that keeps all limits, in one line."""
    return (
        f"snapshot {health.snapshot}, last success {_describe_age(health, now)}, "
        f"{count_noun(health.rejects, 'reject')}, {health.new_rejects:,} of them new"
        f"{_describe_trouble(health)}"
    )


def _describe_trouble(health: Health) -> str:
    """Why nothing newer is published, in words that follow others; empty if nothing is wrong."""
    run = health.last_run
    if health.hold:
        return f"; {health.hold}"
    if run is None or run.status not in ("refused", "failed", "killed"):
        return ""
    return f"; the last run, {run.job}, ended as {run.status}"


def name_health(health: Health, broken: list[str], now: datetime) -> dict[str, Any]:
    """The same as JSON types."""
    last = health.last_success
    return {
        "snapshot": health.snapshot,
        "last_success_at": last and last.isoformat(timespec="seconds"),
        "age_seconds": last and round(_find_age(last, now).total_seconds()),
        "rejects": health.rejects,
        "new_rejects": health.new_rejects,
        "last_run": health.last_run and health.last_run.status,
        "hold": health.hold and asdict(health.hold),
        "broken": broken,
    }


def describe_duration(duration: timedelta) -> str:
    """A duration in its two largest units, like `2 h 5 min`."""
    seconds = int(duration.total_seconds())
    counts = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        counts.append((count, unit))
    first = next((place for place, (count, _) in enumerate(counts) if count), len(counts) - 1)
    shown = counts[first : first + 2]
    return " ".join(f"{count} {unit}" for count, unit in shown if count) or "0 s"


def _count_rejects(snapshot: Snapshot) -> tuple[int, int]:
    """The errors of a snapshot, and those of them that no snapshot before had."""
    errors = read_sightings(snapshot).filter(pl.col("severity").cast(pl.String) == "error")
    new = errors.filter(pl.col(FIRST_SEEN) == snapshot.manifest.run_id)
    return errors.height, new.height


def _check_age(health: Health, most: timedelta, now: datetime) -> Iterator[str]:
    last = health.last_success
    if last is not None and _find_age(last, now) <= most:
        return
    said = f"last success {_describe_age(health, now)} (limit {describe_duration(most)})"
    if health.is_dated_ahead:
        said = f"{said}; what a clock dated in the future does not count"
    run = health.last_run
    if health.hold:
        said = f"{said}; {health.hold}"
    elif run and run.status not in SUCCESSES:
        message = f": {run.message}" if run.message else ""
        verb = "is" if run.status == "running" else "ended as"
        said = f"{said}; the last run, {run.job}, {verb} {run.status}{message}"
    yield said


def _describe_age(health: Health, now: datetime) -> str:
    last = health.last_success
    return "unknown" if last is None else f"{describe_duration(_find_age(last, now))} ago"


def _find_age(ended: datetime, now: datetime) -> timedelta:
    return max(now - ended, timedelta())
