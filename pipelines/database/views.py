"""The views over one snapshot: its tables, and those of `schemas/views/`."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

import polars as pl

from pipelines.database.engine import Connection, DatabaseError, quote_name, quote_text
from pipelines.database.profile import list_profile_views
from pipelines.database.stored_tables import ROW_NUMBER, StoredTable, read_stored_table
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.view import STORED, View
from schemas.language.views import load_views


class Notes(NamedTuple):
    """What views read beside the tables.

    `first_runs` is the run that saw each finding first, named like the column of the view.
    `run_records` and `manifests` are SELECTs whose only column, `record` or `manifest`, holds JSON.
    """

    first_runs: pl.Series
    run_records: str
    manifests: str


class Described(NamedTuple):
    """What is said of a view, and of its columns."""

    description: str
    columns: Mapping[str, str]


def create_views(
    connection: Connection,
    snapshot: Snapshot,
    notes: Notes,
    *,
    has_comments: bool = True,
    has_profile: bool = True,
) -> None:
    """Make all views over `snapshot` in the current database.

    Comments on hundreds of columns take half of the time, so a query that asks for none has none.
    The same is true of the views of the profile.
    A view that an older snapshot cannot have, since it lacks a column, is left out.

    Raises:
        DamagedError: A file of the snapshot cannot be read.
        DatabaseError: DuckDB refuses something.
    """
    connection.execute(f"CREATE SCHEMA {STORED}")
    tables = read_tables(connection, snapshot)
    point_views(connection, tables, notes)
    for name in tables:
        numbered = f" EXCLUDE ({ROW_NUMBER})" if name in load_views() else ""
        connection.execute(f"CREATE VIEW {name} AS SELECT *{numbered} FROM {STORED}.{name}")
    said = {name: Described(each.description, each.columns) for name, each in tables.items()}
    types = {name: table.types for name, table in tables.items()}
    profiles = list_profile_views(types) if has_profile else ()
    for view in (*load_views().values(), *profiles):
        with suppress(DatabaseError):
            connection.execute(f"CREATE OR REPLACE VIEW {view.name} AS {view.select}")
            said[view.name] = _describe(view, said)
    for name, described in said.items() if has_comments else ():
        _write_comments(connection, name, described)


def create_table_views(connection: Connection, tables: Mapping[str, StoredTable]) -> None:
    """Make a view of each table, and no other."""
    for name, table in tables.items():
        connection.execute(f"CREATE VIEW {name} AS {table.select()}")


def point_views(connection: Connection, tables: Mapping[str, StoredTable], notes: Notes) -> None:
    """Let the views, which may be there already, read these tables and notes."""
    first_runs = notes.first_runs.to_frame().with_row_index(ROW_NUMBER).to_arrow()
    connection.register("_first_runs", first_runs)
    connection.execute(f"CREATE OR REPLACE TABLE {STORED}.first_runs AS SELECT * FROM _first_runs")
    connection.unregister("_first_runs")
    selects = {"run_records": notes.run_records, "manifests": notes.manifests}
    for name, table in tables.items():
        selects[name] = table.select(numbers_rows=name in load_views())
    for name, select in selects.items():
        connection.execute(f"CREATE OR REPLACE VIEW {STORED}.{name} AS {select}")


def read_tables(connection: Connection, snapshot: Snapshot) -> dict[str, StoredTable]:
    """The tables of `snapshot` by name.

    Raises:
        DamagedError: A file of it cannot be read.
        DatabaseError: DuckDB refuses something.
    """
    return {name: _read_table(connection, snapshot, name) for name in snapshot.manifest.tables}


def _read_table(connection: Connection, snapshot: Snapshot, name: str) -> StoredTable:
    parts = snapshot.list_files(name)
    try:
        return read_stored_table(connection, parts.values())
    except DatabaseError:
        # DuckDB does not say which file it cannot read.
        snapshot.check_bytes(name, parts)
        raise


def _describe(view: View, said: Mapping[str, Described]) -> Described:
    """What is said of a view; of a column that it takes over, what is said of it there.

    Where tables that it reads say different things of a column, the view says which one it means.
    """
    read = [each for name, each in said.items() if view.reads(name) or name == view.name]
    texts = {(column, text) for each in read for column, text in each.columns.items()}
    counts = Counter(column for column, _ in texts)
    agreed = {column: text for column, text in texts if counts[column] == 1}
    return Described(view.description, {**agreed, **view.columns})


def _write_comments(connection: Connection, name: str, described: Described) -> None:
    connection.execute(f"COMMENT ON VIEW {name} IS {quote_text(described.description)}")
    for column, *_ in connection.execute(f"DESCRIBE {name}").fetchall():
        if text := described.columns.get(column):
            place = f"{name}.{quote_name(column)}"
            connection.execute(f"COMMENT ON COLUMN {place} IS {quote_text(text)}")
