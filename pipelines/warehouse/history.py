"""The history of a warehouse: which runs there were, and which of them succeeded."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipelines.warehouse.lock import find_holder
from pipelines.warehouse.runs import RunRecord, find_job, find_start, list_run_ids, read_run

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far the clock of another host may be ahead. A later time comes from a clock that is wrong."""
SUCCESSES: Final = frozenset({"published", "unchanged"})
_LOOK_AT_RAW: Final = frozenset({"build", "ingest"})
"""The jobs that compare the raw files with the tables. Others say nothing of how old these are."""


class Success(NamedTuple):
    """When the last success ended; None if none is known.

    `is_dated_ahead` if a later one is dated in the future, by a clock that was wrong.
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
) -> Iterator[RunRecord]:
    """The runs of the warehouse `root`, the newest first. Each is read when it is asked for.

    A run that says that it is running, while nobody holds the lock, was killed.
    """
    # Only the newest run can be at work.
    active = 1 if find_holder(root) else 0
    for place, run_id in enumerate(list_run_ids(root)):
        started = find_start(run_id)
        if since and started and started < since:
            return
        if not run_id.startswith(begins) or (job and find_job(run_id) != job):
            continue
        run = read_run(root, run_id)
        if run and run.status == "running" and place >= active:
            run = replace(run, status="killed")
        if run and status in (None, run.status):
            yield run


def find_success(root: Path, now: datetime) -> Success:
    """The last run of the warehouse `root` that looked at all raw files and succeeded.

    A time in the future does not count: it would hide for long that nothing runs any more.
    """
    is_dated_ahead = False
    for ended in _list_successes(root):
        if ended <= now + CLOCK_SKEW:
            return Success(ended, is_dated_ahead)
        is_dated_ahead = True
    return Success(None, is_dated_ahead)


def _list_successes(root: Path) -> Iterator[datetime]:
    for run in select_runs(root):
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
