"""A draft: the next snapshot, most of it still the files of its parent."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import polars as pl

from pipelines.errors import DamagedError, WarehouseError
from pipelines.warehouse.damage import check_files, find_damage
from pipelines.warehouse.layout import find_root, name_folder
from pipelines.warehouse.linking import link_file
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

    `path` is where its file was written, under a name that no other attempt has. It is None if
    there is no file, or if the parent has the same one.
    """

    table: str
    partition: str
    record: Partition | None
    path: Path | None = None


@dataclass(frozen=True)
class Draft:
    """The partitions of the next snapshot: those of the parent until others take their place.

    A draft is a value. `write` puts a file into the folder `scratch` and returns what was written;
    `apply` moves it into `folder` and returns the draft that has it. So a task may run twice, even
    at once: only one of its files becomes part of the draft. `staged` are the files of `tables`
    that lie in `folder`. All others lie in the folder `parent`.
    """

    folder: Path
    scratch: Path
    parent: Path | None
    parent_tables: Records
    tables: Records
    staged: frozenset[str] = frozenset()

    @classmethod
    def begin(
        cls, folder: Path, scratch: Path, parent: Snapshot | None, *, is_empty: bool = False
    ) -> "Draft":
        """A draft with the partitions of `parent`; if `is_empty`, only with its history."""
        empty: Records = {name: {} for name in load_tables()}
        if parent is None:
            return cls(folder, scratch, None, empty, empty)
        had = parent.manifest.tables
        kept = {
            name: {} if is_empty and not table.is_history else had.get(name, {})
            for name, table in load_tables().items()
        }
        return cls(folder, scratch, parent.folder, had, kept)

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
        record: Partition,
        *,
        is_kept_empty: bool = False,
    ) -> Written:
        """Write the file of one partition. Without rows it has none, unless `is_kept_empty`.

        If the bytes are the parent's, and its file is whole, that file is kept. `record` says what
        the partition was made from.
        """
        if not len(rows) and not is_kept_empty:
            return Written(table.name, partition, record)
        # Loads pyarrow, which a run without changes does without.
        from pipelines.warehouse.parquet import render_parquet

        content = render_parquet(rows, table)
        sha256 = hashlib.sha256(content).hexdigest()
        written = replace(
            record,
            file=f"{name_folder(table.name, partition)}/part-{sha256[:32]}.parquet",
            bytes=len(content),
            sha256=sha256,
        )
        if self._is_kept_by_parent(table.name, partition, written):
            return Written(table.name, partition, written)
        path = self.scratch / f".{os.urandom(16).hex()}"
        self.scratch.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return Written(table.name, partition, written, path)

    def take(self, table: str, partition: str, record: Partition, source: Path) -> Written:
        """Let one partition have the file of `record` in another snapshot, which is at `source`."""
        if self._is_kept_by_parent(table, partition, record):
            return Written(table, partition, record)
        path = self.scratch / f".{os.urandom(16).hex()}"
        _link(source, path)
        return Written(table, partition, record, path)

    def apply(self, changes: Iterable[Written]) -> "Draft":
        """The draft with these partitions in place of its own.

        Raises:
            DamagedError: A file is not what was written.
        """
        tables = {name: dict(records) for name, records in self.tables.items()}
        staged = set(self.staged)
        for table, partition, record, path in changes:
            before = tables[table].pop(partition, None)
            if before and before.file:
                staged.discard(before.file)
            if record:
                tables[table][partition] = record
            if record and record.file and path:
                self._accept(path, record)
                staged.add(record.file)
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
        if any(self._shows_columns(record, table, fingerprint) for record in records.values()):
            return self
        inputs = records[partition].inputs if partition in records else {}
        record = Partition(inputs, fingerprint, rows=0)
        empty = pl.DataFrame(schema=table.dtypes)
        return self.apply([self.write(table, partition, empty, record, is_kept_empty=True)])

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

    def read_arrow(self, table: str, partition: str, dictionary: str) -> "pa.Table | None":
        """The rows of one partition without their key; None if there are no rows.

        The values of the column `dictionary` are read as numbers of distinct values.

        Raises:
            DamagedError: A file of the parent is damaged.
        """
        files = self._list_whole_files(table, [partition])
        return read_arrow(files[0], dictionary) if files else None

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
        # A partition that was written twice has left a file here. Readers take every file.
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

    def _accept(self, path: Path, record: Partition) -> None:
        """Move a file that was written into the folder of the draft."""
        if damage := find_damage(path, record):
            raise DamagedError(f"{path}: {damage}", find_root(self.folder))
        target = self.folder / str(record.file)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.chmod(path.stat().st_mode & 0o444)
        path.rename(target)

    def _is_kept_by_parent(self, table: str, partition: str, written: Partition) -> bool:
        had = self.parent_tables.get(table, {}).get(partition)
        if self.parent is None or had is None or had.file != written.file:
            return False
        return find_damage(self.parent / str(had.file), had) is None

    def _shows_columns(self, record: Partition, table: Table, fingerprint: str) -> bool:
        """Whether the empty file of a partition is what this code writes for `table`."""
        if record.file is None or record.fingerprint != fingerprint:
            return False
        found = scan_files([self._locate(record.file)]).collect_schema()
        return found == pl.Schema(table.dtypes)

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
        )
        for partition, record in records.items()
        if record.file and not record.rows
    ]


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        link_file(source, target)
    except FileNotFoundError as error:
        raise WarehouseError(f"{source}: missing, though its manifest names it") from error
