"""The tables of a snapshot as DuckDB reads them from their Parquet files."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from pipelines.database.engine import Connection, quote_name, quote_text, quote_texts
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.months import PARTITION_KEY, UNKNOWN_MONTH
from schemas.language.table import PUBLISHED_MONTH

ROW_NUMBER: Final = "file_row_number"
_DESCRIPTION: Final = "description:"
_MOMENT: Final = "TIMESTAMP WITH TIME ZONE"
_MONTH: Final = f"{PUBLISHED_MONTH.description} In views, unknown is null."
_PATH: Final = "_path"


class StoredTable(NamedTuple):
    """A table as its files have it, and what they say of it.

    `key` is the partition key, which stands in the names of folders; None if there is none.
    `types` are the columns with their types in DuckDB, the key included.
    """

    files: Sequence[str]
    key: str | None
    types: Mapping[str, str]
    description: str
    columns: Mapping[str, str]

    def select(self, files: str | None = None, *, numbers_rows: bool = False) -> str:
        """The rows of its files, or of `files`, an expression of SQL, as a SELECT.

        Moments are TIMESTAMP in UTC, since the day of a TIMESTAMPTZ depends on the time zone of
        the session. The month is null where it is unknown: as text, `unknown` sorts behind every
        month. `numbers_rows` adds `file_row_number`.
        """
        # A UNION of thousands of files would take minutes.
        found = quote_texts(self.files) if files is None else files
        options = f"hive_partitioning = false, filename = '{_PATH}'"
        if numbers_rows:
            options += f", {ROW_NUMBER} = true"
        return (
            f"SELECT * EXCLUDE ({_PATH}){self._convert_moments()}{self._add_key()} "
            f"FROM read_parquet({found}, {options})"
        )

    def _convert_moments(self) -> str:
        converted = ", ".join(
            f"{quote_name(name)} AT TIME ZONE 'UTC' AS {quote_name(name)}"
            for name, kind in self.types.items()
            if kind == _MOMENT
        )
        return f" REPLACE ({converted})" if converted else ""

    def _add_key(self) -> str:
        """The partition key. DuckDB's own way is confused by a `=` further up in the path."""
        if self.key is None:
            return ""
        found = f"regexp_extract({_PATH}, '{self.key}=([^/]+)/[^/]+$', 1)"
        return f", nullif({found}, '{UNKNOWN_MONTH}') AS {self.key}"


def read_stored_table(connection: Connection, files: Iterable[Path]) -> StoredTable:
    """The table in `files`, of which there is at least one."""
    # Resolved once for each folder, since that takes long.
    resolve = cache(Path.resolve)
    paths = [str(resolve(path.parent) / path.name) for path in files]
    key, is_partitioned, _ = Path(paths[0]).parent.name.partition("=")
    said = _read_descriptions(connection, paths[0])
    columns = {
        name.removeprefix(_DESCRIPTION): text
        for name, text in said.items()
        if name.startswith(_DESCRIPTION)
    }
    if key == PARTITION_KEY:
        columns[key] = _MONTH
    types = _read_types(connection, paths[0]) | ({key: "VARCHAR"} if is_partitioned else {})
    grain = said.get("grain", "")
    return StoredTable(paths, key if is_partitioned else None, types, grain, columns)


def _read_descriptions(connection: Connection, path: str) -> dict[str, str]:
    """What a file says of its table and columns."""
    rows = connection.execute(
        f"SELECT key, value FROM parquet_kv_metadata({quote_text(path)})"
    ).fetchall()
    return {key.decode(): value.decode() for key, value in rows}


def _read_types(connection: Connection, path: str) -> dict[str, str]:
    """The columns of a file, each with its type."""
    found = f"read_parquet({quote_text(path)}, hive_partitioning = false)"
    described = connection.execute(f"DESCRIBE SELECT * FROM {found}")
    return {name: kind for name, kind, *_ in described.fetchall()}


def list_paths(snapshot: Snapshot) -> list[str]:
    """Every file of a snapshot, as a reader opens it."""
    return [
        str(path.resolve())
        for table in snapshot.manifest.tables
        for path in snapshot.list_files(table).values()
    ]
