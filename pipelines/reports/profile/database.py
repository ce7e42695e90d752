"""A DuckDB in memory with a view of every table of a snapshot."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb

from pipelines.reports.query import _create_views
from pipelines.warehouse.snapshot import Snapshot


class Database:
    """Answers questions."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def run(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        self._connection.execute(sql, parameters or {})

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of the answer, by the names of their columns."""
        cursor = self._connection.execute(sql, parameters or {})
        names = [name for name, *_ in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def open_database(snapshot: Snapshot) -> Iterator[Database]:
    """The tables of `snapshot`."""
    snapshot.check_files()
    with duckdb.connect(":memory:") as connection:
        _create_views(connection, snapshot)
        yield Database(connection)
