"""The history of a warehouse: which runs there were, and which of them succeeded."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipelines.warehouse.holder import find_holder
from pipelines.warehouse.runs import (
    CLOCK_TOLERANCE,
    RunRecord,
    find_job,
    find_start,
    list_run_ids,
    read_run,
)

KILLED: Final = "its process ended without a word: killed, out of memory, or a power cut"
SUCCESSES: Final = frozenset({"published", "unchanged"})
_LOOK_AT_RAW: Final = frozenset({"build", "ingest"})
"""The jobs that compare the raw files with the tables. Others say nothing of how old these are."""


class Success(NamedTuple):
    """When the last success ended; None if none is known.

    `is_dated_ahead` if a run is dated in the future, by a clock that was wrong.
    """

    ended: datetime | None
    is_dated_ahead: bool


def select_runs(
    root: Path,
    *,
    begins: str = "",
    job: str | None = None,
    status: str | None = None,
    since: datetime | None = None,
    now: datetime | None = None,
) -> Iterator[RunRecord]:
    """The runs of the warehouse `root`, the newest first. Each is read when it is asked for.

    A run that says that it is running, while nobody holds the lock, was killed.
    """
    # Only the newest of those that say so can be at work.
    is_at_work = find_holder(root) is not None
    for run_id in list_run_ids(root, now):
        started = find_start(run_id)
        is_early = since and started and started < since
        if is_early or not run_id.startswith(begins) or (job and find_job(run_id) != job):
            continue
        run = read_run(root, run_id)
        if run and run.status == "running":
            run = run if is_at_work else replace(run, status="killed", message=KILLED)
            is_at_work = False
        if run and status in (None, run.status):
            yield run


def find_success(root: Path, now: datetime) -> Success:
    """The last run of the warehouse `root` that looked at all raw files and succeeded.

    A time in the future does not count: it would hide for long that nothing runs any more.
    """
    soon = now + CLOCK_TOLERANCE
    starts = map(find_start, list_run_ids(root, now)[-1:])
    is_dated_ahead = any(each > soon for each in starts if each)
    known = (ended for ended in _list_successes(root, now) if ended <= soon)
    return Success(next(known, None), is_dated_ahead)


def _list_successes(root: Path, now: datetime) -> Iterator[datetime]:
    for run in select_runs(root, now=now):
        # One archive of several says nothing of the others.
        is_whole = run.job in _LOOK_AT_RAW and not run.options.get("archive")
        ended = read_time(run.finished_at)
        if is_whole and run.status in SUCCESSES and ended:
            yield ended


def read_time(value: Any) -> datetime | None:
    """A time as records have it; None if it is none."""
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
