"""A draft: the next snapshot, most of it still the files of its parent."""

import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import polars as pl

from pipelines.errors import WarehouseError
from pipelines.warehouse.damage import check_files, find_damage
from pipelines.warehouse.layout import name_folder
from pipelines.warehouse.manifest import Manifest, Partition
from pipelines.warehouse.snapshot import Snapshot, read_arrow, read_rows, scan_files
from schemas.language.registry import load_tables
from schemas.language.table import Table

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

    from pipelines.warehouse.parquet import Rows

Records: TypeAlias = Mapping[str, Mapping[str, Partition]]
"""The records of partitions, by table and partition."""


class Written(NamedTuple):
    """What became of one partition. `record` is None if the partition is left out.

    `is_new` if its file lies in the folder of the draft, since its bytes are not the parent's.
    """

    table: str
    partition: str
    record: Partition | None
    is_new: bool


@dataclass(frozen=True)
class Draft:
    """The partitions of the next snapshot: those of the parent until others take their place.

    A draft is a value. `write` puts a file into its folder and returns what was written; `apply`
    returns the draft that has it. `staged` are the files of `tables` that lie in `folder`. All
    others lie in the folder `parent`.
    """

    folder: Path
    parent: Path | None
    parent_tables: Records
    tables: Records
    staged: frozenset[str] = frozenset()

    @classmethod
    def begin(cls, folder: Path, parent: Snapshot | None, *, is_empty: bool = False) -> "Draft":
        """A draft with the partitions of `parent`, or with none if `is_empty`."""
        empty: Records = {name: {} for name in load_tables()}
        if parent is None:
            return cls(folder, None, empty, empty)
        had = parent.manifest.tables
        kept = empty if is_empty else {name: had.get(name, {}) for name in empty}
        return cls(folder, parent.folder, had, kept)

    @property
    def is_changed(self) -> bool:
        """Whether a file, or the record of what it was made from, is not the parent's."""
        return self.parent is None or bool(self.staged) or self.tables != self.parent_tables

    @property
    def rewritten(self) -> dict[str, list[str]]:
        """The partitions of every table whose bytes are not the parent's."""
        return {
            table: sorted(key for key, record in records.items() if record.file in self.staged)
            for table, records in self.tables.items()
        }

    def only(self, partitions: Collection[str]) -> "Draft":
        """The same draft, of some partitions alone."""
        return replace(
            self,
            parent_tables=_select(self.parent_tables, partitions),
            tables=_select(self.tables, partitions),
        )

    def write(
        self,
        table: Table,
        partition: str,
        rows: "Rows",
        *,
        inputs: Mapping[str, str],
        fingerprint: str,
        views: Mapping[str, Sequence[str]] | None = None,
        is_kept_empty: bool = False,
    ) -> Written:
        """Write the file of one partition. Without rows it has none, unless `is_kept_empty`.

        If the bytes are the parent's, and its file is whole, that file is kept. `views` are the
        columns that other tables read: their hashes are recorded.
        """
        record = Partition(
            inputs=dict(inputs),
            fingerprint=fingerprint,
            file=None,
            rows=len(rows),
            bytes=0,
            sha256=None,
        )
        if not len(rows) and not is_kept_empty:
            return Written(table.name, partition, record, is_new=False)
        return self._write_file(table, partition, rows, record, views or {})

    def apply(self, changes: Iterable[Written]) -> "Draft":
        """The draft with these partitions in place of its own."""
        tables = {name: dict(records) for name, records in self.tables.items()}
        staged = set(self.staged)
        for table, partition, record, is_new in changes:
            before = tables[table].pop(partition, None)
            if before and before.file:
                staged.discard(before.file)
            if record:
                tables[table][partition] = record
                staged |= {record.file} if record.file and is_new else set()
        return replace(self, tables=tables, staged=frozenset(staged))

    def mark_stale(self, partitions: Iterable[tuple[str, str]]) -> "Draft":
        """The draft with these partitions, of (table, partition), out of date."""
        tables = {name: dict(records) for name, records in self.tables.items()}
        for table, partition in partitions:
            if record := tables[table].get(partition):
                tables[table][partition] = replace(record, fingerprint="")
        return replace(self, tables=tables)

    def keep_one_file(self, table: Table, partition: str, fingerprint: str) -> "Draft":
        """The draft with one empty file of `table` if it has no rows, to show its columns.

        `partition` is where the empty file goes, `fingerprint` that of the code.
        """
        records = self.tables[table.name]
        if any(record.rows for record in records.values()):
            return self.apply(_drop_empty_files(table.name, records))
        if any(record.file and record.fingerprint == fingerprint for record in records.values()):
            return self
        inputs = records[partition].inputs if partition in records else {}
        empty = pl.DataFrame(schema=table.dtypes)
        written = self.write(
            table, partition, empty, inputs=inputs, fingerprint=fingerprint, is_kept_empty=True
        )
        return self.apply([written])

    def read(
        self,
        table: str,
        partitions: Iterable[str] | None = None,
        select: Callable[[pl.LazyFrame], pl.LazyFrame] = lambda rows: rows,
    ) -> pl.DataFrame | None:
        """The rows of `table` in some partitions, or in all; None if there are no rows.

        Raises:
            DamagedError: A file of the parent is damaged.
        """
        files = self._list_whole_files(table, partitions)
        folder = (self.parent or self.folder) / table
        return read_rows(select(scan_files(files)), folder) if files else None

    def read_arrow(self, table: str, partition: str) -> "pa.Table | None":
        """The rows of one partition without their key; None if there are no rows.

        Raises:
            DamagedError: A file of the parent is damaged.
        """
        files = self._list_whole_files(table, [partition])
        return read_arrow(files[0]) if files else None

    def count_rows(self, table: str) -> int:
        """The rows of `table`, whose files are proven whole.

        Raises:
            DamagedError: A file of the parent is damaged.
        """
        self._list_whole_files(table, None)
        return sum(record.rows for record in self.tables[table].values())

    def seal(self, manifest: Manifest) -> Manifest:
        """Make the folder a whole snapshot. `manifest` says everything but the tables.

        Returns:
            The manifest as it was written.
        """
        recorded = {record.file for records in self.tables.values() for record in records.values()}
        # A step that was done twice may have left a file of its first try. Readers take every file.
        for path in self.folder.glob("*/**/*.parquet"):
            if path.relative_to(self.folder).as_posix() not in recorded:
                path.unlink()
        for file in recorded - self.staged - {None}:
            _link(self._locate(str(file)), self.folder / str(file))
        whole = replace(manifest, tables=self.tables)
        whole.write(self.folder)
        return whole

    def _list_whole_files(self, table: str, partitions: Iterable[str] | None) -> list[Path]:
        """The files of some partitions, or of all; those of the parent are proven whole."""
        records = self.tables[table]
        wanted = sorted(records if partitions is None else partitions)
        found = [records[key] for key in wanted if key in records and records[key].rows]
        if self.parent is not None:
            # A file in the draft may have the name of one of the parent's.
            kept = (record for record in found if record.file not in self.staged)
            check_files(self.parent, kept, find_damage)
        return [self._locate(str(record.file)) for record in found]

    def _write_file(
        self,
        table: Table,
        partition: str,
        rows: "Rows",
        record: Partition,
        views: Mapping[str, Sequence[str]],
    ) -> Written:
        # Loads pyarrow, which a run without changes does without.
        from pipelines.warehouse.parquet import hash_views, write_parquet

        folder = name_folder(table.name, partition)
        unnamed = self.folder / folder / "part.parquet"
        write_parquet(rows, unnamed, table)
        with unnamed.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        written = replace(
            record,
            file=f"{folder}/part-{sha256[:32]}.parquet",
            bytes=unnamed.stat().st_size,
            sha256=sha256,
            views=hash_views(unnamed, views) if views else {},
        )
        is_new = not self._is_kept_by_parent(table.name, partition, written)
        if is_new:
            unnamed.chmod(unnamed.stat().st_mode & 0o444)
            unnamed.rename(self.folder / str(written.file))
        else:
            unnamed.unlink()
        return Written(table.name, partition, written, is_new)

    def _is_kept_by_parent(self, table: str, partition: str, written: Partition) -> bool:
        had = self.parent_tables.get(table, {}).get(partition)
        if self.parent is None or had is None or had.file != written.file:
            return False
        return find_damage(self.parent / str(had.file), had) is None

    def _locate(self, file: str) -> Path:
        """Where a file of the draft lies by now."""
        if self.parent is None or file in self.staged:
            return self.folder / file
        return self.parent / file


def _select(tables: Records, partitions: Collection[str]) -> Records:
    return {
        table: {key: records[key] for key in partitions if key in records}
        for table, records in tables.items()
    }


def _drop_empty_files(table: str, records: Mapping[str, Partition]) -> list[Written]:
    """Drop the empty file of a table that has rows by now.

    A record with inputs is of a month that has documents: it stays, since it says that the month is
    up to date.
    """
    return [
        Written(
            table,
            partition,
            replace(record, file=None, bytes=0, sha256=None) if record.inputs else None,
            is_new=False,
        )
        for partition, record in records.items()
        if record.file and not record.rows
    ]


def _link(source: Path, target: Path) -> None:
    """A hard link, or a copy if the file system has no links, or no more of them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError as error:
        raise WarehouseError(f"{source}: missing, though its manifest names it") from error
    except OSError:
        shutil.copy2(source, target)
