"""Reading one post from snapshots: its file, its rows and its findings."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import polars as pl

from pipelines.changes.buckets import find_bits, name_buckets
from pipelines.errors import WarehouseError
from pipelines.values.ids import identify
from pipelines.values.parts import list_bits, name_partitions
from pipelines.warehouse.layout import UNPARTITIONED
from pipelines.warehouse.snapshot import Snapshot, read_rows, scan_files
from pipelines.warehouse.warehouse import Warehouse

Row = dict[str, Any]
STAGED: Final = "staged"
"""What a state in staging is called, since it has no number yet."""
_PLACE: Final = ("document_id", "published_month")


class Version(NamedTuple):
    """What a snapshot has of a file: its row of `files`, and that of articles; None if none."""

    snapshot: Snapshot
    file: Row | None
    article: Row | None

    @property
    def made(self) -> Row:
        """The snapshot, or `staged`, and the run that made it."""
        manifest = self.snapshot.manifest
        return {
            "snapshot": manifest.snapshot if self.snapshot.is_published else STAGED,
            "run_id": manifest.run_id,
            "published_at": manifest.created_at,
        }

    @property
    def status(self) -> str:
        """What became of the file."""
        return str(self.file["status"]) if self.file else "not there"


class PostReader:
    """Reads what snapshots have of the file at `source_path`.

    Snapshots share what did not change, and what they share is read once.
    """

    def __init__(self, source_path: str) -> None:
        self.source_path = source_path
        self._known: dict[tuple[str, str], pl.DataFrame] = {}

    def read_version(self, snapshot: Snapshot) -> Version:
        """What `snapshot` has of the file.

        Raises:
            WarehouseError: It is damaged, or was removed.
        """
        records = snapshot.manifest.tables["files"]
        paths = pl.Series([self.source_path], dtype=pl.String)
        bucket = name_buckets(paths, find_bits(records))[0]
        file = _first(self._read(snapshot, "files", bucket))
        return Version(snapshot, file, _first(self.read_rows(snapshot, "articles", file)))

    def read_rows(self, snapshot: Snapshot, table: str, file: Row | None) -> pl.DataFrame:
        """The rows of `table` that were made from `file`, its row of `files`."""
        records = snapshot.manifest.tables.get(table)
        if records is None or file is None or file["document_id"] is None:
            return pl.DataFrame()
        place = pl.DataFrame([{name: file[name] for name in _PLACE}])
        return self._read(snapshot, table, name_partitions(place, list_bits(records))[0])

    def read_findings(self, snapshot: Snapshot) -> list[Row]:
        """Its findings, in the order of the table."""
        return self._read(snapshot, "findings", UNPARTITIONED).to_dicts()

    def walk(self, warehouse: Warehouse, newest: Snapshot) -> Iterator[Version | int]:
        """The versions of `newest` and of every snapshot before it, the newest first.

        Of a snapshot that cannot be read, its number.
        """
        yield self.read_version(newest)
        before = newest.manifest.snapshot
        for number in reversed(warehouse.numbers()):
            if number < before:
                try:
                    yield self.read_version(warehouse.snapshot(number))
                except WarehouseError:
                    yield number

    def _read(self, snapshot: Snapshot, table: str, partition: str) -> pl.DataFrame:
        """The rows of the post in one partition."""
        record = snapshot.manifest.tables[table].get(partition)
        if record is None or record.file is None:
            return pl.DataFrame()
        key = (table, str(record.sha256))
        if key not in self._known:
            snapshot.check_bytes(table, [partition])
            scanned = scan_files([snapshot.folder / record.file])
            names = scanned.collect_schema().names()
            rows = scanned.filter(self._find(names))
            self._known[key] = read_rows(rows, snapshot.folder / table)
        return self._known[key]

    def _find(self, columns: list[str]) -> pl.Expr:
        """Whether a row was made from the file."""
        if "source_path" in columns:
            return pl.col("source_path") == self.source_path
        return pl.col("article_id") == identify(self.source_path)


def _first(rows: pl.DataFrame) -> Row | None:
    return rows.row(0, named=True) if rows.height else None
