"""The difference of two snapshots, by the keys of their rows."""

from typing import NamedTuple

import polars as pl

from pipelines.warehouse.snapshot import Snapshot, read_rows, scan_files
from schemas.language.registry import load_tables


class TableDifference(NamedTuple):
    """How many rows of a table were added or removed, or have the same key and other values."""

    table: str
    added: int
    removed: int
    changed: int
    partitions: list[str]


def compare_snapshots(old: Snapshot, new: Snapshot) -> list[TableDifference]:
    """Compare two snapshots: one row for each table that both have.

    Only partitions whose bytes differ are read.
    """
    both = old.manifest.tables.keys() & new.manifest.tables.keys()
    return [_compare_table(table, old, new) for table in load_tables() if table in both]


def _compare_table(table: str, old: Snapshot, new: Snapshot) -> TableDifference:
    hashes_before, hashes_after = _list_hashes(old, table), _list_hashes(new, table)
    differing = sorted({partition for partition, _ in hashes_before.items() ^ hashes_after.items()})
    key = list(load_tables()[table].key)
    if not differing:
        return TableDifference(table, 0, 0, 0, [])
    if _key_types(old, table, differing) != _key_types(new, table, differing):
        # Another version used another key, so no row is known to be the same.
        counts = {"added": new.count_rows(table), "removed": old.count_rows(table)}
        return TableDifference(table, **counts, changed=0, partitions=differing)
    rows_before = _read_rows(old, table, key, differing)
    rows_after = _read_rows(new, table, key, differing)
    pairs = rows_after.join(rows_before, on=key, how="inner", nulls_equal=True)
    return TableDifference(
        table,
        added=rows_after.height - pairs.height,
        removed=rows_before.height - pairs.height,
        changed=pairs.filter(pl.col("_row") != pl.col("_row_right")).height,
        partitions=differing,
    )


def _list_hashes(snapshot: Snapshot, table: str) -> dict[str, str | None]:
    """The hash of every partition that has rows. The others have no file or an empty one."""
    records = snapshot.manifest.tables[table]
    return {partition: record.sha256 for partition, record in records.items() if record.rows}


def _key_types(snapshot: Snapshot, table: str, partitions: list[str]) -> list[pl.DataType | None]:
    files = snapshot.list_files(table)
    one = next((partition for partition in partitions if partition in files), next(iter(files)))
    snapshot.check_bytes(table, [one])
    types = scan_files([files[one]]).collect_schema()
    return [types.get(name) for name in load_tables()[table].key]


def _read_rows(
    snapshot: Snapshot, table: str, key: list[str], partitions: list[str]
) -> pl.DataFrame:
    files = snapshot.list_files(table)
    wanted = [partition for partition in partitions if partition in files]
    snapshot.check_bytes(table, wanted)
    rows = scan_files([files[each] for each in wanted]) if wanted else snapshot.scan(table).clear()
    encoded = rows.select(*key, _row=pl.struct(pl.all()).struct.json_encode())
    return read_rows(encoded, snapshot.folder / table)
