"""The tables of a snapshot in a DuckDB in memory, and the columns that they have."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from pipelines.database.engine import Connection, DatabaseError, connect_in_memory
from pipelines.database.profile import Types
from pipelines.database.views import create_table_views, read_tables
from pipelines.errors import QueryError
from pipelines.settings.stored import read_mapping
from pipelines.tables.own_columns import find_table
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.table import Column

Row = dict[str, Any]
Columns = Mapping[str, Column]


class Database(NamedTuple):
    """A view of every table, and the types of their columns."""

    connection: Connection
    types: Mapping[str, Types]

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of the answer, by the names of their columns."""
        cursor = self.connection.execute(sql, parameters or {})
        names = [name for name, *_ in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def open_database(snapshot: Snapshot) -> Iterator[Database]:
    """The tables of `snapshot`.

    Raises:
        DamagedError: A file of it is missing, cut short or cannot be read.
        QueryError: It lacks something that is asked for.
        KeyboardInterrupt: Ctrl-C.
    """
    snapshot.check_files()
    try:
        with connect_in_memory() as connection:
            tables = read_tables(connection, snapshot)
            create_table_views(connection, tables)
            yield Database(connection, {name: table.types for name, table in tables.items()})
    except DatabaseError as error:
        for table, records in snapshot.manifest.tables.items():
            snapshot.check_bytes(table, records)
        # Another version of matterhouse may have made it, without a column that is asked for.
        message = str(error).partition("\n")[0]
        raise QueryError(
            f"snapshot {snapshot.manifest.snapshot}: cannot be profiled ({message})"
        ) from error
    except RuntimeError as error:
        # DuckDB raises this for Ctrl-C.
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from error
        raise


def find_columns(database: Database, snapshot: Snapshot, table: str) -> Columns:
    """The columns of `table` in `snapshot`, own ones too; those that its files have."""
    known = find_table(table, read_mapping(snapshot.manifest)).readable_columns
    return {name: column for name, column in known.items() if name in database.types[table]}
