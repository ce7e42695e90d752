"""SQL over pinned snapshots, in a DuckDB that can do nothing else."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.database.engine import (
    Connection,
    DatabaseError,
    StatementType,
    connect_in_memory,
    extract_statements,
    quote_texts,
)
from pipelines.database.stored_tables import list_paths
from pipelines.database.views import Notes, create_views
from pipelines.errors import QueryError
from pipelines.reports.runs import list_run_records
from pipelines.runs.sightings import read_first_runs
from pipelines.warehouse.layout import MANIFEST_NAME, find_root, list_numbers, locate_snapshot
from pipelines.warehouse.snapshot import Snapshot


class Answer(NamedTuple):
    """The result of a query: column names, and rows in order."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def query_snapshot(
    snapshot: Snapshot,
    sql: str,
    at_most: int | None = None,
    values: Mapping[str, object] | None = None,
) -> Answer:
    """The answer to one SELECT.

    Args:
        snapshot: Whose tables and views are asked.
        sql: One statement.
        at_most: Rows to fetch; None for all.
        values: What to bind to parameters like $since.

    Raises:
        QueryError: It is not a single SELECT, or DuckDB refuses it.
        DamagedError: A file of the snapshot is missing, cut short or cannot be read.
    """
    with asking(snapshot, sql) as connection:
        cursor = connection.execute(sql, values or None)
        columns = [name for name, *_ in cursor.description or []]
        rows = cursor.fetchall() if at_most is None else cursor.fetchmany(at_most)
        return Answer(columns, rows)


@contextmanager
def asking(snapshot: Snapshot, sql: str, *outputs: str) -> Iterator[Connection]:
    """A database that can answer `sql`, one SELECT, and can touch nothing else but `outputs`.

    The views are those of `snapshot`. Other snapshots that `sql` names, like `s20.articles` or
    `articles_at(20)`, are there, too.

    Raises:
        QueryError: It is not a single SELECT, or DuckDB refuses it.
        DamagedError: A file of a snapshot is missing, cut short or cannot be read.
    """
    try:
        _check_is_question(sql)
        with connect_in_memory() as connection:
            others = _find_named(find_root(snapshot.folder), sql)
            _lock_files(connection, [snapshot, *others], outputs)
            _write_records(connection, find_root(snapshot.folder), sql)
            has_profile = _may_name(sql, "profile")
            for other in others:
                connection.execute(f"ATTACH ':memory:' AS s{other.number}")
                connection.execute(f"USE s{other.number}")
                create_views(
                    connection,
                    other,
                    _find_notes(other),
                    has_comments=False,
                    has_profile=has_profile,
                )
            connection.execute("USE memory")
            has_comments = "comment" in sql.casefold() or "duckdb_" in sql.casefold()
            create_views(
                connection,
                snapshot,
                _find_notes(snapshot),
                has_comments=has_comments,
                has_profile=has_profile,
            )
            for table in snapshot.manifest.tables:
                at = f"query_table('s' || n || '.{table}')"
                connection.execute(f"CREATE MACRO {table}_at(n) AS TABLE SELECT * FROM {at}")
            connection.execute("SET lock_configuration = true")
            yield connection
    except DatabaseError as error:
        # Without the excerpt of the query, which comes after a blank line.
        message = " ".join(str(error).partition("\n\n")[0].split())
        raise QueryError(f"query: {message}") from error
    except RuntimeError as error:
        # DuckDB raises this for Ctrl-C.
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from error
        raise


def _check_is_question(sql: str) -> None:
    if not sql.isascii() and sql.encode(errors="replace").decode() != sql:
        raise QueryError("query: found bytes that are no UTF-8")
    statements = extract_statements(sql)
    if len(statements) != 1:
        raise QueryError(f"query: found {len(statements)} statements; give one")
    # Not EXPLAIN: with ANALYZE it runs any statement, even a COPY to a file of the snapshot.
    if statements[0].type != StatementType.SELECT:
        found = statements[0].type.name
        # A PIVOT without IN is several statements to DuckDB.
        kind = "several statements in one" if found == "MULTI" else found
        raise QueryError(f"query: found {kind}; only a SELECT is accepted")


def _find_named(root: Path, sql: str) -> list[Snapshot]:
    """The snapshots that `sql` names by their numbers."""
    named = re.findall(r"\bs(\d{1,9})\s*\.|_at\s*\(\s*(\d{1,9})\s*\)", sql, re.IGNORECASE)
    numbers = {int(schema or macro) for schema, macro in named} & set(list_numbers(root))
    return [Snapshot(locate_snapshot(root, number)) for number in sorted(numbers)]


def _lock_files(
    connection: Connection, snapshots: Sequence[Snapshot], outputs: Sequence[str]
) -> None:
    """Let only `outputs` and the files of these snapshots be opened. They must all be there."""
    for snapshot in snapshots:
        snapshot.check_files()
    paths = [path for snapshot in snapshots for path in list_paths(snapshot)]
    connection.execute(f"SET allowed_paths = {quote_texts([*paths, *outputs])}")
    connection.execute("SET enable_external_access = false")


def _write_records(connection: Connection, root: Path, sql: str) -> None:
    """Write what `runs` and `snapshots` are made from, for a query that may ask for them."""
    is_asked_for = _may_name(sql, "runs") or _may_name(sql, "snapshots")
    records = list_run_records(root) if is_asked_for else []
    manifests = _list_manifests(root) if is_asked_for else []
    connection.execute("CREATE SCHEMA noted")
    for name, texts in (("record", records), ("manifest", manifests)):
        select = f"SELECT CAST(unnest(CAST(? AS VARCHAR[])) AS JSON) AS {name}"
        connection.execute(f"CREATE TABLE noted.{name}s AS {select}", [texts])


def _may_name(sql: str, view: str) -> bool:
    """Whether `sql` may ask for a view, or for the list of all views."""
    # A text within `query` or `query_table` may be put together from others.
    return any(word in sql.casefold() for word in (view, "query", "duckdb_", "information_schema"))


def _list_manifests(root: Path) -> list[str]:
    folders = (locate_snapshot(root, number) for number in list_numbers(root))
    paths = (folder / MANIFEST_NAME for folder in folders)
    return [path.read_text(encoding="utf-8") for path in paths if path.is_file()]


def _find_notes(snapshot: Snapshot) -> Notes:
    first_runs = read_first_runs(snapshot)
    return Notes(
        first_runs,
        "SELECT record FROM memory.noted.records",
        "SELECT manifest FROM memory.noted.manifests",
    )
