"""Connections to DuckDB, and texts as its SQL writes them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

import duckdb

Connection: TypeAlias = duckdb.DuckDBPyConnection
DatabaseError: TypeAlias = duckdb.Error
Relation: TypeAlias = duckdb.DuckDBPyRelation
Type: TypeAlias = duckdb.sqltypes.DuckDBPyType
StatementType: TypeAlias = duckdb.StatementType
extract_statements = duckdb.extract_statements

_BLOCK_BYTES: Final = 16 * 1024
"""The least that DuckDB has. A file of views is 270 KB with the default, and 60 KB with this."""
_STORAGE_VERSION: Final = "v1.2.0"
"""The oldest DuckDB that reads the file. Without it, none before 2.0 does."""


@contextmanager
def connect_in_memory() -> Iterator[Connection]:
    """A database in memory whose sessions are in UTC, and which loads nothing from elsewhere."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        # Its bar would stand among the lines of an answer that takes longer than two seconds.
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET autoload_known_extensions = false")
        # Otherwise a large answer goes to a folder .tmp in the working directory.
        connection.execute("SET temp_directory = ''")
        yield connection


@contextmanager
def create_file(path: Path, *, at_once: bool = True) -> Iterator[Connection]:
    """A new database in the file `path`, which is whole when the context ends.

    With `at_once`, all is one transaction: that is quick, but after an error nothing else works.
    """
    options = f"BLOCK_SIZE {_BLOCK_BYTES}, STORAGE_VERSION '{_STORAGE_VERSION}'"
    with _writing(path, f" ({options})", at_once=at_once) as connection:
        yield connection


@contextmanager
def open_file(path: Path) -> Iterator[Connection]:
    """The database in the file `path`, to be changed. It is whole when the context ends."""
    with _writing(path) as connection:
        yield connection


@contextmanager
def _writing(path: Path, options: str = "", *, at_once: bool = True) -> Iterator[Connection]:
    with connect_in_memory() as connection:
        connection.execute(f"ATTACH {quote_text(str(path))} AS made{options}")
        connection.execute("USE made")
        # Otherwise each statement waits for the disk.
        if at_once:
            connection.execute("BEGIN")
        yield connection
        if at_once:
            connection.execute("COMMIT")
        connection.execute("USE memory")
        connection.execute("DETACH made")


def quote_text(text: str) -> str:
    """`text` as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def quote_texts(texts: Iterable[str]) -> str:
    """`texts` as a list of SQL."""
    return f"[{', '.join(map(quote_text, texts))}]"


def quote_name(name: str) -> str:
    """`name` as the name of a table or column in SQL."""
    return '"' + name.replace('"', '""') + '"'


def escape_glob(path: Path) -> str:
    """`path` as a pattern that finds only itself."""
    return "".join(f"[{letter}]" if letter in "*?[{" else letter for letter in str(path))
