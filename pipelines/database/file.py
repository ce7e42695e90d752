"""The DuckDB file of a snapshot: all its views, for readers who have only DuckDB."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path

import polars as pl

from pipelines.database.engine import (
    Connection,
    DatabaseError,
    create_file,
    escape_glob,
    open_file,
    quote_text,
)
from pipelines.database.profile import list_profile_views
from pipelines.database.stored_tables import StoredTable
from pipelines.database.views import Notes, create_views, point_views, read_tables
from pipelines.warehouse.layout import (
    DATABASE_NAME,
    MANIFEST_NAME,
    RUNS_NAME,
    SNAPSHOTS_NAME,
    STAGING_NAME,
    find_root,
)
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.view import STORED
from schemas.language.views import load_views


def write_database(snapshot: Snapshot, first_runs: pl.Series, parent: Path | None = None) -> Path:
    """Write the DuckDB file of a published snapshot, in place of an earlier one.

    Its paths are absolute, so after a move it must be written again. `runs` and `snapshots` are
    read from the warehouse each time; all else is of this snapshot.

    Args:
        snapshot: The tables.
        first_runs: The run that saw each finding first, in the order of the table.
        parent: The folder of a snapshot whose file serves as a draft. That takes a fifth of the
            time if the views are the same.

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
    notes = _find_notes(root, first_runs)
    if parent is None or not _adapt(parent / DATABASE_NAME, draft, snapshot, notes):
        try:
            _create(draft, snapshot, notes, at_once=True)
        except DatabaseError:
            # A view that an older snapshot cannot have ends a transaction.
            _create(draft, snapshot, notes, at_once=False)
    draft.chmod(draft.stat().st_mode & 0o444)
    _sync(draft)
    path = snapshot.folder / DATABASE_NAME
    draft.replace(path)
    return path


def _create(draft: Path, snapshot: Snapshot, notes: Notes, *, at_once: bool) -> None:
    """Make `draft` from nothing."""
    root = find_root(snapshot.folder).resolve()
    draft.unlink(missing_ok=True)
    with create_file(draft, at_once=at_once) as connection:
        create_views(connection, snapshot, notes)
        tables = read_tables(connection, snapshot)
        _create_macros(connection, root, tables)
        _sign(connection, _find_signature(root, tables))


def _adapt(earlier: Path, draft: Path, snapshot: Snapshot, notes: Notes) -> bool:
    """Make `draft` from an earlier file, whose views must be the same but for what they read.

    Returns False if they are not, or if the file is missing or damaged.
    """
    try:
        shutil.copyfile(earlier, draft)
        with open_file(draft) as connection:
            tables = read_tables(connection, snapshot)
            root = find_root(snapshot.folder).resolve()
            signed = connection.execute(f"SELECT signature FROM {STORED}.signature").fetchall()
            if signed != [(_find_signature(root, tables),)]:
                return False
            point_views(connection, tables, notes)
            return True
    except (OSError, DatabaseError):
        return False


def _sign(connection: Connection, signature: str) -> None:
    connection.execute(
        f"CREATE TABLE {STORED}.signature AS SELECT {quote_text(signature)} AS signature"
    )


def _find_signature(root: Path, tables: Mapping[str, StoredTable]) -> str:
    """A hash of everything that a file says, except where the tables of its snapshot lie."""
    stored = {name: table._replace(files=()) for name, table in tables.items()}
    profiles = list_profile_views({name: table.types for name, table in tables.items()})
    views = [astuple(view) for view in (*load_views().values(), *profiles)]
    content = json.dumps([stored, views, _select_any(root, tables)])
    return hashlib.sha256(content.encode(errors="surrogateescape")).hexdigest()


def _create_macros(connection: Connection, root: Path, tables: Mapping[str, StoredTable]) -> None:
    for name, select in _select_any(root, tables).items():
        connection.execute(f"CREATE MACRO {name}_at(n) AS TABLE {select}")


def _select_any(root: Path, tables: Mapping[str, StoredTable]) -> dict[str, str]:
    """Every table in the snapshot `n` as a SELECT."""
    return {name: table.select(_find_any(root, name)) for name, table in tables.items()}


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
