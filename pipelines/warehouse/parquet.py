"""Parquet files whose bytes depend on the rows alone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.
import pyarrow.parquet  # type: ignore[import-untyped]  # It has no type hints.

if TYPE_CHECKING:
    from schemas.language.table import Table

ROW_GROUP_ROWS: Final = 65_536
ROW_GROUP_BYTES: Final = 1024 * 1024 * 1024
"""The limit for the Arrow data of a row group with more than one row. Parquet cannot hold two
gigabytes of one column in a group. Articles are far below it, but a body may be as large as a file.
"""
ZSTD_LEVEL: Final = 3
DICTIONARY_BYTES: Final = 64 * 1024 * 1024
"""The limit for the distinct items of long lists. By default it is one megabyte, beyond which each
is written as often as it occurs."""
BLOOM_ERRORS: Final = 0.01
"""The share of ids that a row group seems to have, but has not. A filter takes 1.2 bytes for each
distinct id then."""

Rows: TypeAlias = "pl.DataFrame | pa.Table"
"""What a file is written from."""


def render_parquet(rows: Rows, table: "Table") -> pa.Buffer:
    """The file for `rows`, which have the columns of `table`, with the description of every column.

    It is made in memory, since Arrow would write each page on its own. Every query reads the end of
    every file that it cannot leave out by its month. So that is short: the descriptions stand there
    once, where all readers find them, and not with the fields, too. It has no index of pages, since
    most files have one page for each column.
    """
    if isinstance(rows, pl.DataFrame):
        rows = to_arrow(rows)
    schema = rows.schema.remove_metadata()
    file = pa.BufferOutputStream()
    short = [name for name, column in table.columns.items() if not column.is_long_text]
    lists = [
        f"{name}.list.element"
        for name, column in table.columns.items()
        if column.is_long_text and isinstance(column.dtype, pl.List)
    ]
    with pyarrow.parquet.ParquetWriter(
        file,
        schema,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        # The least and the greatest of long texts help no reader, and take a tenth of a file.
        write_statistics=short if len(short) < len(table.columns) else True,
        # Items of long lists repeat. Other long texts do not, and a dictionary of them takes long.
        use_dictionary=[*short, *lists] if lists else True,
        dictionary_pagesize_limit=DICTIONARY_BYTES if lists else None,
        bloom_filter_options=_filter_ids(rows, table),
    ) as writer:
        # In one chunk, since the ends of pages depend on the ends of chunks.
        whole = pa.Table.from_arrays(rows.combine_chunks().columns, schema=schema)
        for start in range(0, max(len(whole), 1), ROW_GROUP_ROWS):
            for group in _split_if_heavy(whole.slice(start, ROW_GROUP_ROWS)):
                writer.write_table(group)
        described = {f"description:{name}": text for name, text in table.descriptions.items()}
        writer.add_key_value_metadata({"table": table.name, "grain": table.grain, **described})
    return file.getvalue()


def _split_if_heavy(rows: pa.Table) -> Iterator[pa.Table]:
    """`rows` as one row group, or as several if they are too heavy."""
    # `nbytes` is never less than the weight, and is known at once.
    is_light = rows.nbytes <= ROW_GROUP_BYTES or sum(map(_weigh, rows.columns)) <= ROW_GROUP_BYTES
    if is_light or len(rows) == 1:
        yield rows
    else:
        half = (len(rows) + 1) // 2
        yield from _split_if_heavy(rows.slice(0, half))
        yield from _split_if_heavy(rows.slice(half))


def _weigh(values: pa.ChunkedArray) -> int:
    """The bytes of `values` alone.

    `nbytes` would depend on what lies below nulls, and on bitmaps.
    """
    # Imported here, since hardly any run needs it.
    import pyarrow.compute as pc  # type: ignore[import-untyped]  # It has no type hints.

    kind = values.type
    if pa.types.is_struct(kind):
        return sum(map(_weigh, values.flatten()))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return 4 * len(values) + _weigh(pc.list_flatten(values))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        lengths = pc.binary_length(values).cast(pa.int64())
        return 4 * len(values) + (pc.sum(lengths).as_py() or 0)
    return len(values)


def to_arrow(rows: pl.DataFrame) -> pa.Table:
    """`rows` in the types that every reader of Parquet knows, each column in one chunk."""
    return rows.to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks()


def _filter_ids(rows: pa.Table, table: "Table") -> dict[str, dict[str, Any]] | None:
    """A Bloom filter for each id, so that a reader who looks for one leaves out months.

    The least and the greatest id do not help with that: ids are hashes, so every month has both
    small and large ones.
    """
    if not len(rows):
        return None
    ids = [name for name in table.ids if name in rows.column_names]
    # Polars counts, since loading `pyarrow.compute` takes longer than a small file.
    counts = {name: pl.Series(rows[name]).n_unique() for name in ids}
    return {
        name: {"ndv": min(count, ROW_GROUP_ROWS), "fpp": BLOOM_ERRORS}
        for name, count in counts.items()
    }
