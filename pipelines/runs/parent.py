"""The parent of a run: the snapshot that it goes on from, and whether this code can use it."""

import logging
from contextlib import suppress

import polars as pl

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.ledger import Ledger, open_ledger
from pipelines.changes.staleness import is_ingest_current
from pipelines.errors import NewerFormatError, OutdatedError, WarehouseError
from pipelines.runs.job import Job
from pipelines.warehouse.runs import is_in_future
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse
from schemas.language.months import PARTITION_KEY
from schemas.language.registry import load_tables

logger = logging.getLogger(__name__)


def open_parent(job: Job, warehouse: Warehouse) -> Snapshot | None:
    """The snapshot to go on from; None if there is none, or a full build does without it."""
    try:
        parent = warehouse.current()
        if parent is not None:
            parent.check_files()
            if job.full:
                open_ledger(parent)
            _warn_of_clock(parent)
    except NewerFormatError:
        raise
    except WarehouseError:
        if job.full:
            return None
        raise
    return parent


def _warn_of_clock(parent: Snapshot) -> None:
    """Nothing is lost by a wrong clock, but times in tables and reports are wrong."""
    if is_in_future(parent.manifest.created_at):
        logger.warning(
            "snapshot %d was published in the future, at %s: check the clock",
            parent.number,
            parent.manifest.created_at,
        )


def check_parent(job: Job, parent: Snapshot) -> None:
    """A run that does not read all raw files needs documents and findings of now."""
    raw = parent.manifest.raw
    if not has_our_columns(parent):
        raise OutdatedError(
            "findings and files have other columns than schemas/ says", job.warehouse, raw
        )
    if is_ingest_current(parent.manifest.tables):
        return
    if job.reads_raw:
        raise OutdatedError("other code parsed the documents", job.warehouse, raw)
    found = parent.scan("documents").drop(PARTITION_KEY).collect_schema()
    if found != pl.Schema(load_tables()["documents"].dtypes):
        raise OutdatedError(
            "documents have other columns than schemas/ says",
            job.warehouse,
            raw,
        )


def has_our_columns(parent: Snapshot) -> bool:
    """Whether the ledger and the findings have the columns that this code writes."""
    return all(_has_columns(parent, table) for table in ("files", "findings"))


def _has_columns(parent: Snapshot, table: str) -> bool:
    records = parent.manifest.tables[table]
    if all(record.fingerprint == fingerprint_table(table) for record in records.values()):
        return True
    parent.check_bytes(table, (key for key, record in records.items() if record.file))
    return parent.scan(table).collect_schema() == pl.Schema(load_tables()[table].dtypes)


def read_ledger(job: Job, warehouse: Warehouse, parent: Snapshot | None) -> Ledger:
    """The ledger to compare the new state with.

    A full build does without a damaged parent, but still uses its ledger if that is whole: what was
    accepted before is no reason to refuse it now.
    """
    if parent is None and job.full:
        with suppress(WarehouseError):
            return open_ledger(warehouse.pin())
        return Ledger()
    return open_ledger(parent) if parent else Ledger()


def read_rows(snapshot: Snapshot | None, table: str) -> pl.DataFrame:
    """The rows of `table`; none if there is no snapshot."""
    if snapshot is None:
        return pl.DataFrame(schema=load_tables()[table].dtypes)
    return snapshot.read(table)
