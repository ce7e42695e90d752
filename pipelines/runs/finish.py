"""The end of a run: what is noted beside a snapshot, and what is removed."""

import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from pipelines.changes.ledger import Ledger
from pipelines.errors import NewerFormatError, PruneError, RefusedError, SettingsError
from pipelines.runs.job import Job
from pipelines.runs.operating import find_retention
from pipelines.runs.reader_files import prepare_for_readers
from pipelines.runs.start import Start
from pipelines.runs.state import Concluded
from pipelines.runs.unread import describe_unread
from pipelines.warehouse.address import write_address
from pipelines.warehouse.identities import write_identities
from pipelines.warehouse.runs import RunRecord, prune_runs
from pipelines.warehouse.system_errors import explain_system_error
from pipelines.warehouse.warehouse import Warehouse

logger = logging.getLogger(__name__)

MOST_REMOVED: Final = 1_000
"""Records of runs that a build removes, which takes about a tenth of a second."""


def look_again(job: Job, start: Start, concluded: Concluded, record: RunRecord) -> None:
    """Note how the raw files look by now, or those that were not read.

    Of many files, what is known of them is spilled in staging, so this comes before it is emptied.
    """
    if job.dry_run:
        return
    if not concluded.is_changed:
        _remember_identities(start, concluded.files)
        _remember_address(start)
    if not job.reads_all:
        record.unread = describe_unread(start.source, start.globs, concluded.files)


def finish(job: Job, warehouse: Warehouse, concluded: Concluded) -> None:
    """Make what readers miss, and remove what is old after a build."""
    if not concluded.is_changed:
        warehouse.link_tables()
        if current := warehouse.current():
            prepare_for_readers(current)
    if job.name == "build":
        _prune(job, warehouse)


def _remember_identities(start: Start, files: Ledger) -> None:
    """Note how the raw files look by now, if they were read and found to be the same."""
    if start.parent is None:
        return
    parent = start.parent
    for bucket in parent.manifest.tables["files"]:
        if not files.has_same(start.before, bucket):
            identities = files.read(bucket, ["identity"]).to_series()
            write_identities(parent.folder, parent.manifest, bucket, identities)


def _remember_address(start: Start) -> None:
    """Note where the raw files are by now. Their content is that of the parent."""
    if start.parent and start.source.address != start.parent.manifest.raw:
        write_address(start.parent.folder, start.source.address)


@contextmanager
def emptying_staging_on_failure(warehouse: Warehouse, executor: Executor) -> Iterator[None]:
    """A run that fails gives back the space it took. A refused state stays, to be looked at."""
    try:
        yield
    except (RefusedError, NewerFormatError):
        raise
    except BaseException as error:
        explained = None
        if isinstance(error, OSError):
            # While staging still shows how much was written.
            explained = explain_system_error(error, warehouse.root)
        executor.shutdown(cancel_futures=True)
        empty_staging(warehouse)
        if explained:
            raise explained from error
        raise


def empty_staging(warehouse: Warehouse) -> None:
    """If something in staging cannot be removed, what was published stays published."""
    try:
        warehouse.clear_staging()
    except OSError as error:
        logger.warning("staging could not be emptied: %s: %s", error.filename, error.strerror)


def _prune(job: Job, warehouse: Warehouse) -> None:
    """Remove old snapshots and records of runs. What cannot be removed is only logged."""
    try:
        retention = find_retention(job)
        now = datetime.now(UTC)
        prune_runs(warehouse.root, now, retention, MOST_REMOVED)
        warehouse.prune(now, retention.keep, timedelta(days=retention.days))
    except (OSError, PruneError, SettingsError) as error:
        logger.warning("old snapshots and records of runs could not be removed: %s", error)
