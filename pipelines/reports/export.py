"""The answer to a question in a file or a pipe. DuckDB writes it, some rows at a time."""

import os
import sys
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO, Final, Literal

from pipelines.database.engine import Connection, Relation, Type, quote_name, quote_text
from pipelines.errors import QueryError
from pipelines.reports.line_files import replace_file
from pipelines.reports.query import asking
from pipelines.reports.text import escape_json, escape_to_ascii
from pipelines.warehouse.snapshot import Snapshot

ExportFormat = Literal["csv", "json", "jsonl", "parquet"]
_ANSWER: Final = "_answer"
_COPY_OPTIONS: Final[dict[ExportFormat, str]] = {
    "csv": "FORMAT CSV, HEADER true",
    "json": "FORMAT JSON, ARRAY true",
    "jsonl": "FORMAT JSON",
    "parquet": "FORMAT PARQUET, COMPRESSION zstd",
}
_CHUNK_BYTES: Final = 1024 * 1024


def export_answer(
    snapshot: Snapshot,
    sql: str,
    form: ExportFormat,
    path: Path | None,
    at_most: int | None = None,
    values: Mapping[str, object] | None = None,
) -> None:
    """Write the answer to one SELECT to the file `path`, or to standard output.

    A file appears when all of it is written. In JSON, numbers that are not finite are null.

    Args:
        snapshot: Whose tables and views are asked.
        sql: One statement.
        form: How it is written.
        path: The file, in place of an earlier one; None for standard output.
        at_most: Rows to write; None for all.
        values: What to bind to parameters like $since.

    Raises:
        QueryError: It is not a single SELECT, DuckDB refuses it, or two columns have one name.
        DamagedError: A file of the snapshot is missing, cut short or cannot be read.
        OSError: The file cannot be written.
    """
    with (
        replace_file(path) if path else _piping(form) as file,
        asking(snapshot, sql, f"/dev/fd/{file.fileno()}") as connection,
    ):
        limit = "" if at_most is None else f" LIMIT {at_most}"
        select = _select_answer(connection, sql, form, values)
        connection.execute(
            f"COPY ({select}{limit}) TO '/dev/fd/{file.fileno()}' "
            f"({_COPY_OPTIONS[form]}, USE_TMP_FILE false)"
        )


def _select_answer(
    connection: Connection, sql: str, form: ExportFormat, values: Mapping[str, object] | None
) -> str:
    """The answer as a SELECT, which `sql` need not be: it may be a SUMMARIZE."""
    answer = connection.sql(sql, params=values or None)
    _check_names(answer)
    answer.create_view(_ANSWER)
    names = map(quote_name, answer.columns)
    if form not in ("json", "jsonl"):
        return f"SELECT * FROM {_ANSWER}"
    columns = ", ".join(
        f"{_without_infinity(name, kind)} AS {name}"
        for name, kind in zip(names, answer.types, strict=True)
    )
    return f"SELECT {columns} FROM {_ANSWER}"


def _check_names(answer: Relation) -> None:
    """DuckDB would call the second column of a name by another one."""
    columns = [name.casefold() for name in answer.columns]
    if twice := next((name for name in columns if columns.count(name) > 1), None):
        raise QueryError(f'query: two columns are called "{twice}": rename one with AS')


def _without_infinity(value: str, kind: Type, depth: int = 0) -> str:
    """`value`, an expression of SQL, with null in place of numbers that JSON does not have."""
    if kind.id in ("float", "double"):
        return f"CASE WHEN isfinite({value}) THEN {value} END"
    if "FLOAT" not in str(kind) and "DOUBLE" not in str(kind):
        return value
    item = f"_{depth}"
    if kind.id in ("list", "array"):
        inner = _without_infinity(item, _child(kind, 0), depth + 1)
        return f"list_transform({value}, lambda {item}: {inner})"
    if kind.id == "struct":
        parts = (
            f"{quote_name(name)} := "
            + _without_infinity(
                f"struct_extract({value}, {quote_text(name)})", _child(kind, at), depth + 1
            )
            for at, (name, _) in enumerate(kind.children)
        )
        return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({', '.join(parts)}) END"
    if kind.id == "map":
        inner = _without_infinity(item, _child(kind, 1), depth + 1)
        values = f"list_transform(map_values({value}), lambda {item}: {inner})"
        return f"CASE WHEN {value} IS NOT NULL THEN map(map_keys({value}), {values}) END"
    return value


def _child(kind: Type, at: int) -> Type:
    _, child = kind.children[at]
    # Only of an enum or a decimal it is no type.
    assert isinstance(child, Type)
    return child


@contextmanager
def _piping(form: ExportFormat) -> Iterator[IO[bytes]]:
    """A pipe to standard output.

    DuckDB empties every file that it opens for writing. Standard output may be a file with `>>`,
    which must keep what it has.

    Raises:
        OSError: Standard output does not take it.
    """
    sys.stdout.flush()
    end, start = os.pipe()
    problems: list[OSError | ValueError] = []
    with open(end, "rb", buffering=0) as source:  # noqa: PTH123  # It has no path.
        thread = Thread(target=_pass_on, args=(source, _choose_output(form), problems))
        thread.start()
        try:
            with open(start, "wb", buffering=0) as file:  # noqa: PTH123  # It has no path.
                yield file
        finally:
            thread.join()
    if problems:
        raise problems[0]


def _pass_on(
    source: IO[bytes], write: Callable[[bytes], object], problems: list[OSError | ValueError]
) -> None:
    while chunk := source.read(_CHUNK_BYTES):
        # All is read even if nobody wants it: DuckDB would wait for ever.
        if problems:
            continue
        try:
            write(chunk)
            sys.stdout.flush()
        except (OSError, ValueError) as error:
            problems.append(error)


def _choose_output(form: ExportFormat) -> Callable[[bytes], object]:
    """How UTF-8 goes to standard output. What a terminal would obey, or cannot show, is escaped.

    JSON can say everything in other words, so it is escaped wherever it goes.
    """
    is_json = form in ("json", "jsonl")
    if not is_json and not sys.stdout.isatty() and hasattr(sys.stdout, "buffer"):
        return sys.stdout.buffer.write
    # A character may be cut in two.
    decoder = getincrementaldecoder("utf-8")(errors="replace")
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    escape = escape_json if is_unicode or not is_json else escape_to_ascii

    def write(chunk: bytes) -> None:
        sys.stdout.write(escape(decoder.decode(chunk.replace(b"\t", b" "))))

    return write
