"""SQL over one pinned snapshot, in a DuckDB that can do nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from pipelines.errors import QueryError
from pipelines.reports.runs import frame_no_runs, frame_runs
from pipelines.runs.sightings import FIRST_SEEN, read_first_runs
from pipelines.warehouse.layout import RUNS_NAME, find_root
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.months import PARTITION_KEY


class Answer(NamedTuple):
    """The result of a query: column names, and rows in order."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def name_values(answer: Answer) -> list[dict[str, Any]]:
    """Every row of `answer`, its values by the names of their columns.

    Raises:
        QueryError: Two columns have one name.
    """
    columns = answer.columns
    if len(set(columns)) < len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        raise QueryError(f'query: two columns are called "{twice}": rename one with AS')
    return [dict(zip(columns, row, strict=True)) for row in answer.rows]


def query_snapshot(
    snapshot: Snapshot,
    sql: str,
    at_most: int | None = None,
    values: Mapping[str, object] | None = None,
) -> Answer:
    """The answer to one SELECT. Every table of `snapshot` is a view, and so are the `runs`.

    Args:
        snapshot: The tables.
        sql: One statement.
        at_most: Rows to fetch; None for all.
        values: What to bind to parameters like $since.

    Raises:
        QueryError: It is not a single SELECT, or DuckDB refuses it.
        DamagedError: A file of the snapshot is missing, cut short or cannot be read.
    """
    try:
        _check_is_question(sql)
        snapshot.check_files()
        with duckdb.connect(":memory:") as connection:
            _create_views(connection, snapshot)
            _register_runs(connection, snapshot, sql)
            cursor = connection.execute(sql, values)
            columns = [name for name, *_ in cursor.description or []]
            rows = cursor.fetchall() if at_most is None else cursor.fetchmany(at_most)
            return Answer(columns, rows)
    except duckdb.Error as error:
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
    statements = duckdb.extract_statements(sql)
    if len(statements) != 1:
        raise QueryError(f"query: found {len(statements)} statements; give one")
    # Not EXPLAIN: with ANALYZE it runs any statement, even a COPY to a file of the snapshot.
    if statements[0].type != duckdb.StatementType.SELECT:
        found = statements[0].type.name
        # A PIVOT without IN is several statements to DuckDB.
        kind = "several statements in one" if found == "MULTI" else found
        raise QueryError(f"query: found {kind}; only a SELECT is accepted")


def _create_views(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    files = {table: snapshot.list_files(table) for table in snapshot.manifest.tables}
    paths = [str(path.resolve()) for parts in files.values() for path in parts.values()]
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET autoload_known_extensions = false")
    # Otherwise a large answer goes to a folder .tmp in the working directory.
    connection.execute("SET temp_directory = ''")
    connection.execute(f"SET allowed_paths = {_list_literal(paths)}")
    connection.execute("SET enable_external_access = false")
    for table, parts in files.items():
        try:
            connection.execute(f'CREATE VIEW "{table}" AS {_select_parts(list(parts.values()))}')
        except duckdb.Error:
            # DuckDB does not say which file it cannot read.
            snapshot.check_bytes(table, parts)
            raise
    _add_first_runs(connection, snapshot, files["findings"])
    connection.execute("SET lock_configuration = true")


def _add_first_runs(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, parts: Mapping[str, Path]
) -> None:
    """Let the view of findings have the run that saw each first, which is not in its file."""
    runs = read_first_runs(snapshot).to_frame().with_row_index("file_row_number")
    connection.execute("CREATE SCHEMA notes")
    connection.register("_runs", runs.to_arrow())
    connection.execute("CREATE TABLE notes.first_runs AS SELECT * FROM _runs")
    connection.unregister("_runs")
    (path,) = parts.values()
    connection.execute(
        f"CREATE OR REPLACE VIEW findings AS SELECT f.* EXCLUDE file_row_number, {FIRST_SEEN} "
        f"FROM read_parquet({_literal(str(path.resolve()))}, file_row_number = true) AS f "
        "JOIN notes.first_runs USING (file_row_number)"
    )


def _register_runs(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, sql: str) -> None:
    """The records of runs as a view. They are read only for a query that may ask for them."""
    # A text within `query` or `query_table` may be put together from others.
    is_asked_for = any(word in sql.casefold() for word in (RUNS_NAME, "query"))
    rows = frame_runs(find_root(snapshot.folder)) if is_asked_for else frame_no_runs()
    connection.register(RUNS_NAME, rows)


def _select_parts(paths: list[Path]) -> str:
    """The rows of all files of one table. A UNION of thousands of files would take minutes.

    We add the key ourselves, since DuckDB's own way is confused by a `=` further up in the path.
    """
    files = _list_literal([str(path.resolve()) for path in paths])
    is_partitioned = paths[0].parent.name.startswith(f"{PARTITION_KEY}=")
    key = f"regexp_extract(_path, '{PARTITION_KEY}=([^/]+)/[^/]+$', 1) AS {PARTITION_KEY}"
    return (
        f"SELECT * EXCLUDE _path{f', {key}' if is_partitioned else ''} "
        f"FROM read_parquet({files}, hive_partitioning = false, filename = '_path')"
    )


def _list_literal(texts: list[str]) -> str:
    return f"[{', '.join(map(_literal, texts))}]"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
