"""A recorded run: it holds the lock, and leaves a record whatever happens."""

import logging
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pipelines.errors import HeldError, LockedError, PipelineError, RefusedError
from pipelines.warehouse.lock import hold_lock
from pipelines.warehouse.runs import RunRecord, name_run
from pipelines.warehouse.system_errors import explain_system_error

logger = logging.getLogger(__name__)

_STATUSES: Final[dict[type[PipelineError], str]] = {
    RefusedError: "refused",
    LockedError: "skipped",
    HeldError: "skipped",
}
"""The status of a run that ended with such an error. All others have failed."""


@contextmanager
def record_run(
    root: Path, job: str, engine: str, options: dict[str, Any], wait_seconds: float
) -> Iterator[RunRecord]:
    """Hold the lock of the warehouse `root`, and keep a record of what is done under it.

    Raises:
        LockedError: Another run holds the lock.
        OutOfMemoryError: The system has no memory left.
        PipelineError: The disk refuses something.
    """
    asked = datetime.now(UTC)
    is_begun = False
    try:
        root.mkdir(parents=True, exist_ok=True)
        with hold_lock(root, job, wait_seconds) as started:
            is_begun = True
            record = _begin_record(job, engine, options, started)
            with _recorded(record, root):
                yield record
    except LockedError as error:
        if not is_begun:
            error.record = _record_skipped(_begin_record(job, engine, options, asked), root, error)
        raise
    except OSError as error:
        raise explain_system_error(error, root) from error


def _begin_record(job: str, engine: str, options: dict[str, Any], started: datetime) -> RunRecord:
    return RunRecord(
        run_id=name_run(started, job),
        job=job,
        engine=engine,
        started_at=started.isoformat(timespec="seconds"),
        options=options,
        host=socket.gethostname(),
    )


def _record_skipped(record: RunRecord, root: Path, error: LockedError) -> RunRecord:
    """Leave the record of a run that gave way to another one, which may write its own just now."""
    now = datetime.now(UTC)
    record.status, record.message = "skipped", str(error)
    record.finished_at = now.isoformat(timespec="seconds")
    waited = now - datetime.fromisoformat(record.started_at)
    record.seconds = round(max(waited.total_seconds(), 0.0), 3)
    with suppress(OSError):
        # The run that holds the lock may write at the same time.
        record.write(root, draft=f".new-{os.getpid()}")
    return record


@contextmanager
def _recorded(record: RunRecord, root: Path) -> Iterator[None]:
    """Write the record at the start and again at the end. If it still says running, it failed.

    A record that cannot be written must not fail the run.
    """
    began = time.monotonic()
    with suppress(OSError):
        record.write(root)
    try:
        yield
    except PipelineError as error:
        record.status = _STATUSES.get(type(error), "failed")
        record.message = str(error)
        error.record = record
        raise
    except (OSError, MemoryError) as error:
        explained = explain_system_error(error, root)
        record.message = str(explained)
        explained.record = record
        raise explained from error
    except BaseException as error:
        # Besides Ctrl-C and SIGTERM, also what Prefect raises when it cancels a run.
        if not isinstance(error, Exception):
            record.message = "interrupted"
        raise
    finally:
        record.finished_at = datetime.now(UTC).isoformat(timespec="seconds")
        record.seconds = round(time.monotonic() - began, 3)
        if record.status == "running":
            record.status = "failed"
            record.message = record.message or repr(sys.exception())
        try:
            record.write(root)
        except OSError as error:
            # A failed run has reported that, most likely for the same reason.
            if record.status not in ("failed", "refused", "skipped"):
                problem = f"{error.filename}: {error.strerror}"
                logger.warning("the record of this run could not be written: %s", problem)
