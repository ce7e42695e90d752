"""A draft: the state to be published, most of it still the parent's."""

import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from pipelines.errors import WarehouseError
from pipelines.warehouse.damage import find_damage
from pipelines.warehouse.layout import name_folder
from pipelines.warehouse.manifest import Manifest, Partition
from pipelines.warehouse.snapshot import Snapshot, read_arrow, read_rows, scan_files
from schemas import TABLE_NAMES

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

    from pipelines.warehouse.parquet import Rows
    from schemas.language.table import Table

Records: TypeAlias = dict[str, dict[str, Partition]]
"""The records of partitions, by table and partition."""


class Draft:
    """The partitions of the next snapshot: those of the parent until they are replaced.

    New files lie in `folder`, below staging; those of the parent are linked when the draft is
    sealed. A partition that is written with the bytes it had keeps the file of the parent, if that
    is whole.
    """

    def __init__(self, folder: Path, parent: Snapshot | None, *, is_empty: bool = False) -> None:
        self.folder = folder
        self.parent = parent
        self.rewritten: list[tuple[str, str]] = []
        self._staged: set[str] = set()
        self._had: Records = (
            parent.manifest.tables if parent else {name: {} for name in TABLE_NAMES}
        )
        self.tables: Records = {
            name: {} if is_empty else dict(self._had.get(name, {})) for name in TABLE_NAMES
        }

    @property
    def is_changed(self) -> bool:
        """Some file, or the record of what it was made from, differs from the parent's."""
        return self.parent is None or bool(self.rewritten) or self.tables != self._had

    def write(
        self,
        table: "Table",
        partition: str,
        rows: "Rows",
        *,
        inputs: Mapping[str, str],
        fingerprint: str,
        views: Mapping[str, Sequence[str]] | None = None,
        is_kept_empty: bool = False,
    ) -> None:
        """Replace one partition; without rows it has no file, unless `is_kept_empty`.

        `views` are the columns that other tables read of it: their hashes are recorded.
        """
        record = Partition(
            inputs=dict(inputs),
            fingerprint=fingerprint,
            file=None,
            rows=len(rows),
            bytes=0,
            sha256=None,
        )
        if len(rows) or is_kept_empty:
            record = self._write_file(table, partition, rows, record, views or {})
        self._take_back(table.name, partition, record.file)
        self.tables[table.name][partition] = record

    def narrow(self, partitions: Collection[str]) -> "Draft":
        """A draft of these partitions alone, to be worked on beside others of the same folder."""
        part = copy(self)
        part.rewritten = []
        part._staged = set(self._staged)
        part._had, part.tables = (
            _narrow(records, partitions) for records in (self._had, self.tables)
        )
        return part

    def take_over(self, part: "Draft", partitions: Collection[str]) -> None:
        """Have what became of `partitions` in `part`, a draft of them alone."""
        for table, records in self.tables.items():
            for partition in partitions:
                records.pop(partition, None)
            records |= part.tables[table]
        self.rewritten += part.rewritten
        self._staged |= part._staged

    def drop(self, table: str, partition: str) -> None:
        """Leave one partition out."""
        self._take_back(table, partition, None)
        self.tables[table].pop(partition, None)

    def _take_back(self, table: str, partition: str, file: str | None) -> None:
        """Remove what was written for a partition before, unless that is `file` itself.

        A step that is tried again may write it twice, and readers take every file there is.
        """
        before = self.tables[table].get(partition)
        if before and before.file != file and self._is_staged(before):
            (self.folder / str(before.file)).unlink()
            self._staged.discard(str(before.file))

    def mark_stale(self, table: str, partition: str) -> None:
        """Have one partition made anew, be it by the next run."""
        if record := self.tables[table].get(partition):
            self.tables[table][partition] = replace(record, fingerprint="")

    def keep_one_file(self, table: "Table", partition: str, fingerprint: str) -> None:
        """Give a table without rows one empty file, so that its schema can be read.

        Args:
            table: The table.
            partition: Where the empty file goes.
            fingerprint: That of its code.
        """
        records = self.tables[table.name]
        if any(record.rows for record in records.values()):
            # The empty file is needed no more. A record with inputs is that of a month that has
            # documents, and tells that it is not stale; any other was made for the file alone.
            for key in [key for key, record in records.items() if record.file and not record.rows]:
                if records[key].inputs:
                    records[key] = replace(records[key], file=None, bytes=0, sha256=None)
                else:
                    del records[key]
        elif not any(
            record.file and record.fingerprint == fingerprint for record in records.values()
        ):
            inputs = records[partition].inputs if partition in records else {}
            empty = pl.DataFrame(schema=table.dtypes)
            self.write(
                table,
                partition,
                empty,
                inputs=inputs,
                fingerprint=fingerprint,
                is_kept_empty=True,
            )

    def read(
        self,
        table: str,
        partitions: Iterable[str] | None = None,
        select: Callable[[pl.LazyFrame], pl.LazyFrame] = lambda rows: rows,
    ) -> pl.DataFrame | None:
        """The rows of `table` in the given partitions, or all; null where there are none.

        Raises:
            WarehouseError: A file of the parent is damaged.
        """
        files = self._list_whole_files(table, partitions)
        folder = (self.parent or self).folder / table
        return read_rows(select(scan_files(files)), folder) if files else None

    def read_arrow(self, table: str, partitions: Iterable[str]) -> "list[pa.Table]":
        """The rows of `table` in each of the given partitions that has any, without their key.

        Raises:
            WarehouseError: A file of the parent is damaged.
        """
        return [read_arrow(path) for path in self._list_whole_files(table, partitions)]

    def count_rows(self, table: str) -> int:
        """The rows of `table`, whose files are proven whole.

        Raises:
            WarehouseError: A file of the parent is damaged.
        """
        self._list_whole_files(table, None)
        return sum(record.rows for record in self.tables[table].values())

    def seal(self, manifest: Manifest) -> None:
        """Make the draft a whole snapshot in its folder; `manifest` says all but its tables."""
        for partitions in self.tables.values():
            for record in partitions.values():
                if record.file and not self._is_staged(record):
                    _link(self._locate(record), self.folder / record.file)
        replace(manifest, tables=self.tables).write(self.folder)

    def _list_whole_files(self, table: str, partitions: Iterable[str] | None) -> list[Path]:
        """The files of some partitions, or of all; what is still the parent's is proven whole."""
        records = self.tables[table]
        wanted = sorted(records if partitions is None else partitions)
        found = [key for key in wanted if key in records and records[key].rows]
        if self.parent is not None:
            # Made anew, a file may have the name that it had.
            kept = [key for key in found if not self._is_staged(records[key])]
            self.parent.check_bytes(table, kept)
        return [self._locate(records[key]) for key in found]

    def _write_file(
        self,
        table: "Table",
        partition: str,
        rows: "Rows",
        record: Partition,
        views: Mapping[str, Sequence[str]],
    ) -> Partition:
        # Loads pyarrow, which a run in which nothing changed does without.
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
        if self._is_kept_by_parent(table.name, partition, written):
            unnamed.unlink()
        else:
            unnamed.chmod(unnamed.stat().st_mode & 0o444)
            unnamed.rename(unnamed.with_name(Path(str(written.file)).name))
            self.rewritten.append((table.name, partition))
            self._staged.add(str(written.file))
        return written

    def _is_kept_by_parent(self, table: str, partition: str, written: Partition) -> bool:
        had = self._had.get(table, {}).get(partition)
        if self.parent is None or had is None or had.file != written.file:
            return False
        return find_damage(self.parent.folder / str(had.file), had) is None

    def _locate(self, record: Partition) -> Path:
        """Where the file of `record` lies by now: in the draft, or else in the parent."""
        if self.parent is None or self._is_staged(record):
            return self.folder / str(record.file)
        return self.parent.folder / str(record.file)

    def _is_staged(self, record: Partition) -> bool:
        return record.file in self._staged


def _narrow(tables: Records, partitions: Collection[str]) -> Records:
    return {
        table: {key: records[key] for key in partitions if key in records}
        for table, records in tables.items()
    }


def _link(source: Path, target: Path) -> None:
    """A hard link, or a copy where the file system has none or no more."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError as error:
        raise WarehouseError(
            f"{source}: missing, expected the file that its manifest names"
        ) from error
    except OSError:
        shutil.copy2(source, target)
