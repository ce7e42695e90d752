"""The DuckDB file of a snapshot: all its views, for readers who have only DuckDB."""

import os
from pathlib import Path

import polars as pl

from pipelines.database.engine import create_file, escape_glob, quote_text
from pipelines.database.views import Notes, create_views
from pipelines.warehouse.layout import (
    DATABASE_NAME,
    MANIFEST_NAME,
    RUNS_NAME,
    SNAPSHOTS_NAME,
    STAGING_NAME,
    find_root,
)
from pipelines.warehouse.snapshot import Snapshot


def write_database(snapshot: Snapshot, first_runs: pl.Series) -> Path:
    """Write the DuckDB file of a published snapshot, in place of an earlier one.

    Its paths are absolute, so after a move it must be written again. `runs` and `snapshots` are
    read from the warehouse each time; all else is of this snapshot.

    Args:
        snapshot: The tables.
        first_runs: The run that saw each finding first, in the order of the table.

    Raises:
        DamagedError: A file of the snapshot cannot be read.
        DatabaseError: DuckDB cannot write the file.
        OSError: The disk is full, or the folder cannot be written to.
    """
    root = find_root(snapshot.folder).resolve()
    # In staging, so that the next run sweeps away what a killed run leaves.
    draft = root / STAGING_NAME / f".{DATABASE_NAME}"
    draft.parent.mkdir(exist_ok=True)
    draft.unlink(missing_ok=True)
    with create_file(draft) as connection:
        tables = create_views(connection, snapshot, _find_notes(root, first_runs))
        for name, table in tables.items():
            select = table.select(_find_any(root, name))
            connection.execute(f"CREATE MACRO {name}_at(n) AS TABLE {select}")
    draft.chmod(draft.stat().st_mode & 0o444)
    _sync(draft)
    path = snapshot.folder / DATABASE_NAME
    draft.replace(path)
    return path


def _find_notes(root: Path, first_runs: pl.Series) -> Notes:
    records = quote_text(f"{escape_glob(root / RUNS_NAME)}/*.json")
    manifests = quote_text(f"{escape_glob(root / SNAPSHOTS_NAME)}/*/{MANIFEST_NAME}")
    return Notes(first_runs, _read_json(records, "record"), _read_json(manifests, "manifest"))


def _read_json(pattern: str, name: str) -> str:
    """All files that `pattern` finds, without those that are damaged."""
    return (
        f"SELECT CAST(content AS JSON) AS {name} FROM read_text({pattern}) "
        "WHERE json_valid(content)"
    )


def _find_any(root: Path, table: str) -> str:
    """The files of `table` in the snapshot `n`, an expression of SQL."""
    before = quote_text(f"{escape_glob(root / SNAPSHOTS_NAME)}/")
    return f"{before} || lpad(CAST(n AS VARCHAR), 6, '0') || {quote_text(f'/{table}/**/*.parquet')}"


def _sync(path: Path) -> None:
    """Wait until the disk has the file. After a power cut it must be whole, or not there."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
