"""A snapshot: all tables as they were published together."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from pipelines.errors import NewerFormatError, WarehouseError
from pipelines.warehouse.damage import describe_way_back, find_damage, find_wrong_size
from pipelines.warehouse.layout import PARTITION_KEY, SNAPSHOTS_NAME
from pipelines.warehouse.manifest import Manifest, Partition, read_manifest

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

_PATH: Final = "_path"


class Snapshot:
    """All tables of one moment, in a folder of their own: later publishes do not touch it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def manifest(self) -> Manifest:
        """What the snapshot consists of.

        Raises:
            WarehouseError: That cannot be read.
        """
        try:
            return read_manifest(self.folder)
        except NewerFormatError:
            raise
        except WarehouseError as error:
            # What may not be read may be whole: no way back is needed.
            if isinstance(error.__cause__, PermissionError):
                raise
            self._check_kept()
            way_back = describe_way_back(self.folder.parent.parent)
            raise WarehouseError(f"{error}: {way_back}") from error

    @property
    def number(self) -> int:
        """Its number; a state that is only staged has none."""
        return int(self.folder.name)

    def scan(self, table: str) -> pl.LazyFrame:
        """The rows of `table`; a partitioned table has its key as the last column.

        Raises:
            WarehouseError: There is no such table.
        """
        return scan_files(list(self.list_files(table).values()))

    def read(self, table: str) -> pl.DataFrame:
        """The rows of `table`, all at once, from files that are proven to be whole.

        Raises:
            WarehouseError: There is no such table, or one of its files is damaged.
        """
        rows = self.scan(table)
        self.check_bytes(table, self.manifest.tables[table])
        return read_rows(rows, self.folder / table)

    def list_files(self, table: str) -> dict[str, Path]:
        """The files of `table` by partition, at least one.

        Raises:
            WarehouseError: There is no such table.
        """
        if table not in self.manifest.tables:
            known = ", ".join(self.manifest.tables)
            raise WarehouseError(f'found no table "{table}", expected one of {known}')
        return {
            month: self.folder / partition.file
            for month, partition in sorted(self.manifest.tables[table].items())
            if partition.file
        }

    def count_rows(self, table: str) -> int:
        """The rows of `table`, as the manifest says."""
        return sum(partition.rows for partition in self.manifest.tables[table].values())

    def check_files(self) -> None:
        """Look, without reading them, whether all files are there.

        Raises:
            WarehouseError: One is missing or of another size than the manifest says.
        """
        for table, partitions in self.manifest.tables.items():
            self._check(table, partitions, find_wrong_size)

    def check_bytes(self, table: str, partitions: Iterable[str]) -> None:
        """Prove that the files of some partitions of `table` are whole.

        Not left to Parquet: a flipped byte may be read as another value, or end the process.

        Raises:
            WarehouseError: One is damaged.
        """
        self._check(table, partitions, find_damage)

    def _check(
        self,
        table: str,
        partitions: Iterable[str],
        find: Callable[[Path, Partition], str | None],
    ) -> None:
        for partition in partitions:
            record = self.manifest.tables[table][partition]
            if record.file and (damage := find(self.folder / record.file, record)):
                self._check_kept()
                raise _damaged(self.folder / record.file, damage)

    def _check_kept(self) -> None:
        """What is pruned, or swept from staging, while somebody reads it is not damaged."""
        if not self.folder.is_dir():
            raise WarehouseError(
                f"{self.folder}: was removed meanwhile, expected a snapshot that is still there"
            )


def scan_files(files: Sequence[Path]) -> pl.LazyFrame:
    """The rows of `files` of one table, with the partition key if their folders bear one.

    The key is added by us: Polars' own reading of it trips over a `=` further up in the path.
    """
    rows = pl.scan_parquet(
        list(files), hive_partitioning=False, glob=False, include_file_paths=_PATH
    )
    if not files[0].parent.name.startswith(f"{PARTITION_KEY}="):
        return rows.drop(_PATH)
    key = pl.col(_PATH).str.extract(rf"{PARTITION_KEY}=([^/]+)/[^/]+$")
    return rows.with_columns(key.alias(PARTITION_KEY)).drop(_PATH)


def read_rows(rows: pl.LazyFrame, folder: Path) -> pl.DataFrame:
    """Collect what was scanned in `folder`, that of a table.

    Raises:
        WarehouseError: A file cannot be read.
    """
    try:
        # Streaming, since a filter may keep far less than is read.
        return rows.collect(engine="streaming")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise _unreadable(folder, error) from error


def read_arrow(path: Path) -> "pa.Table":
    """The rows of one file, without the partition key.

    Raises:
        WarehouseError: It cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet  # type: ignore[import-untyped]  # It has no type hints.

    try:
        return pyarrow.parquet.ParquetFile(path).read()
    except MemoryError:
        # Arrow's is an ArrowException, too, and says nothing of the file.
        raise
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: BaseException) -> WarehouseError:
    # No damage: its bytes were proven just before, or written by this run.
    reason = (str(error) or repr(error)).splitlines()[0]
    return WarehouseError(
        f"{path}: cannot be read ({reason}), though its bytes are whole: "
        "look whether the system lets us have enough threads, open files and memory"
    )


def _damaged(path: Path, damage: str) -> WarehouseError:
    roots = (folder for folder in path.parents if (folder / SNAPSHOTS_NAME).is_dir())
    way_back = describe_way_back(next(roots, path.parent))
    return WarehouseError(f"{path}: {damage}: {way_back}")
