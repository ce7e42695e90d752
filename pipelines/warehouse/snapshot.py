"""A snapshot: all tables as they were published together."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from pipelines.errors import DamagedError, NewerFormatError, WarehouseError
from pipelines.warehouse.damage import check_files, check_is_there, find_damage, find_wrong_size
from pipelines.warehouse.layout import find_root, read_number
from pipelines.warehouse.manifest import Manifest, read_manifest
from schemas.language.months import PARTITION_KEY

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

_PATH: Final = "_path"


class Snapshot:
    """All tables of one moment, in a folder of their own. Later publishes do not touch it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def manifest(self) -> Manifest:
        """What the snapshot consists of.

        Raises:
            WarehouseError: The manifest may not be read, or the snapshot was removed.
            DamagedError: The manifest is missing or damaged.
        """
        try:
            return read_manifest(self.folder)
        except NewerFormatError:
            raise
        except WarehouseError as error:
            # What may not be read may still be whole.
            if isinstance(error.__cause__, PermissionError):
                raise
            check_is_there(self.folder)
            raise DamagedError(str(error), find_root(self.folder)) from error

    @property
    def number(self) -> int:
        """Its number; a state in staging has none."""
        return int(self.folder.name)

    @property
    def is_published(self) -> bool:
        """Whether it has a number of its own; a state in staging has none yet."""
        return read_number(self.folder) is not None

    def scan(self, table: str) -> pl.LazyFrame:
        """The rows of `table`. A partitioned table has its key as the last column.

        Raises:
            WarehouseError: There is no such table.
        """
        return scan_files(list(self.list_files(table).values()))

    def read(self, table: str) -> pl.DataFrame:
        """The rows of `table`, all at once. Its files are proven whole first.

        Raises:
            WarehouseError: There is no such table.
            DamagedError: A file of it is damaged.
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
            raise WarehouseError(f'no table "{table}"; there are: {known}')
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
            DamagedError: One is missing or of another size than the manifest says.
        """
        for partitions in self.manifest.tables.values():
            check_files(self.folder, partitions.values(), find_wrong_size)

    def check_bytes(self, table: str, partitions: Iterable[str]) -> None:
        """Prove that the files of some partitions of `table` are whole.

        Raises:
            DamagedError: One is not.
        """
        records = self.manifest.tables[table]
        check_files(self.folder, (records[each] for each in partitions), find_damage)


def scan_files(files: Sequence[Path]) -> pl.LazyFrame:
    """The rows of `files` of one table, with the partition key if their folders have one.

    We add the key ourselves, since Polars' own way is confused by a `=` further up in the path.
    """
    rows = pl.scan_parquet(
        list(files), hive_partitioning=False, glob=False, include_file_paths=_PATH
    )
    if not files[0].parent.name.startswith(f"{PARTITION_KEY}="):
        return rows.drop(_PATH)
    key = pl.col(_PATH).str.extract(rf"{PARTITION_KEY}=([^/]+)/[^/]+$")
    return rows.with_columns(key.alias(PARTITION_KEY)).drop(_PATH)


def read_rows(rows: pl.LazyFrame, folder: Path) -> pl.DataFrame:
    """Collect what was scanned in `folder`, the folder of a table.

    Raises:
        WarehouseError: A file cannot be read.
    """
    try:
        # Streaming, since a filter may keep far less than is read.
        return rows.collect(engine="streaming")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise _unreadable(folder, error) from error


def read_columns(path: Path, types: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The columns `types` of one file. One that it lacks is null, of another type it is cast.

    Raises:
        WarehouseError: It cannot be read.
    """
    try:
        scanned = pl.scan_parquet(path, glob=False)
        found = scanned.collect_schema()
        return scanned.select(
            pl.col(name).cast(dtype, strict=False)
            if name in found
            else pl.lit(None, dtype).alias(name)
            for name, dtype in types.items()
        ).collect(engine="streaming")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise _unreadable(path, error) from error


def read_arrow(path: Path, dictionary: str) -> "pa.Table":
    """The rows of one file, without the partition key.

    The values of the column `dictionary` are read as numbers of distinct values.

    Raises:
        WarehouseError: It cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet  # type: ignore[import-untyped]  # It has no type hints.

    try:
        return pyarrow.parquet.ParquetFile(path, read_dictionary=[dictionary]).read()
    except MemoryError:
        # Arrow's is an ArrowException, too, and has nothing to do with the file.
        raise
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: BaseException) -> WarehouseError:
    # Not damaged: its bytes were proven whole just before, or this run wrote them.
    reason = (str(error) or repr(error)).splitlines()[0]
    return WarehouseError(
        f"{path}: cannot be read ({reason}), though its bytes are whole: "
        "check the limits of threads, open files and memory"
    )
