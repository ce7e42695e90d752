"""The parent: the snapshot that a run starts from, if it is fit for that."""

from contextlib import suppress
from pathlib import Path

import polars as pl

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.staleness import is_ingest_current
from pipelines.commands import render_command
from pipelines.errors import NewerFormatError, PipelineError, WarehouseError
from pipelines.runs.job import Job
from pipelines.warehouse.layout import PARTITION_KEY, WHOLE
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse
from schemas import load_table


def open_parent(job: Job, warehouse: Warehouse) -> Snapshot | None:
    """The snapshot to start from; null where there is none.

    Raises:
        WarehouseError: It is not whole, and only a full build can do without it.
    """
    try:
        parent = warehouse.current()
        if parent is not None:
            parent.check_files()
            if job.is_full:
                read_whole(parent, "files")
    except NewerFormatError:
        raise
    except WarehouseError:
        if job.is_full:
            return None
        raise
    return parent


def read_ledger(job: Job, warehouse: Warehouse, parent: Snapshot | None) -> pl.DataFrame:
    """The table `files` that the new state is held against.

    A full build does without a damaged parent, but not without its ledger if that is whole: what
    was accepted before is no reason to refuse it now.
    """
    if parent is None and job.is_full:
        with suppress(WarehouseError):
            ledger = read_whole(warehouse.current(), "files")
            if ledger.schema == pl.Schema(load_table("files").dtypes):
                return ledger
    return read_whole(parent, "files")


def check_parent(job: Job, parent: Snapshot) -> None:
    """A flow by hand can start from it: its columns are those of now.

    Raises:
        PipelineError: Only a build, which looks at the raw files, can do so.
    """
    build = render_command("build", warehouse=job.warehouse, raw=Path(parent.manifest.raw))
    if not has_our_columns(parent):
        raise PipelineError(
            f"findings, files: found other columns, expected those of schemas/: run `{build}` first"
        )
    if is_ingest_current(parent.manifest.tables):
        return
    found = parent.scan("documents").drop(PARTITION_KEY).collect_schema()
    if found != pl.Schema(load_table("documents").dtypes):
        raise PipelineError(
            "documents: found the columns of other keys, expected those of "
            f"schemas/front_matter.py: run `{build}`, which reads the raw files again"
        )


def has_our_columns(parent: Snapshot) -> bool:
    """The ledger and the findings have the columns that this code writes.

    Asked of the fingerprints first: they spare a run in which nothing changed the schemas.
    """
    return all(
        parent.manifest.tables[name][WHOLE].fingerprint == fingerprint_table(name)
        or parent.read(name).schema == pl.Schema(load_table(name).dtypes)
        for name in ("files", "findings")
    )


def read_whole(snapshot: Snapshot | None, table: str) -> pl.DataFrame:
    """The rows of `table`, none where there is no snapshot."""
    if snapshot is None:
        return pl.DataFrame(schema=load_table(table).dtypes)
    return snapshot.read(table)
