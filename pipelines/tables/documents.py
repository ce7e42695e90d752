"""documents: some of their rows in memory, each distinct item of their lists only once."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from schemas.documents import DOCUMENTS

PARTITION: Final = "_partition"
"""The partition of a row, while it is in memory."""
ITEMS: Final = "_items"
"""The numbers of the items of a document, while it is in memory; null if it has no list."""
_LIST: Final = "related"
LIST_ITEM: Final = f"{_LIST}.list.element"
"""What Parquet calls the items of the lists."""


class Part(NamedTuple):
    """Some rows of documents in Arrow, their items as a dictionary, and the partition of each.

    Rows of which the partition is null are left out.
    """

    rows: pa.RecordBatch
    partitions: pl.Series


class Documents(NamedTuple):
    """Documents in order of their partitions and paths.

    `rows` have the columns of the table but `related`, and `_partition` and `_items`. `items` are
    the JSON texts to which the numbers in `_items` lead.
    """

    rows: pl.DataFrame
    items: pl.Series

    def split(self) -> "list[Stretch]":
        """The documents of each partition."""
        columns = self.rows.select(name for name in DOCUMENTS.columns if name != _LIST)
        table = columns.to_arrow(compat_level=pl.CompatLevel.oldest())
        numbers = flatten(self.rows[ITEMS])
        lengths = self.rows[ITEMS].list.len().cast(pl.Int64)
        ends = lengths.fill_null(0).cum_sum()
        begins = ends - lengths
        counts = self.rows[PARTITION].rle().struct.unnest()
        stretches = []
        row = first = 0
        for count, partition in counts.iter_rows():
            end = ends[row + count - 1]
            stretches.append(
                Stretch(
                    partition,
                    table.slice(row, count),
                    begins.slice(row, count) - first,
                    numbers.slice(first, end - first),
                    self.items,
                )
            )
            row, first = row + count, end
        return stretches


class Stretch(NamedTuple):
    """The documents of one partition.

    `rows` are without their lists. `begins` says where among `numbers` the list of each begins;
    null if it has none. `numbers` lead to `items`.
    """

    partition: str
    rows: pa.Table
    begins: pl.Series
    numbers: pl.Series
    items: pl.Series

    def to_arrow(self) -> pa.Table:
        """The columns of the table `documents`, with every item where it is listed."""
        texts = self.items.gather(self.numbers).to_arrow(compat_level=pl.CompatLevel.oldest())
        # A null offset makes a null list.
        offsets = [self.begins.to_arrow(), pa.array([len(self.numbers)], pa.int64())]
        related = pa.LargeListArray.from_arrays(pa.concat_arrays(offsets), texts)
        return self.rows.add_column(list(DOCUMENTS.columns).index(_LIST), _LIST, related)


def collect_documents(parts: Iterable[Part]) -> Documents:
    """The rows of `parts`, put in order."""
    parts = [part for part in parts if part.rows.num_rows]
    if not parts:
        return Documents(pl.DataFrame(schema=_ROW_TYPES), pl.Series(dtype=pl.String))
    used = [_list_used(part.rows[_LIST]) for part in parts]
    texts = pl.concat(each.texts for each in used)
    # A copy of few texts, so that the dictionaries of all files need not stay in memory.
    items = pl.Series(texts.unique(maintain_order=True).to_list(), dtype=pl.String)
    numbers = _find_places(texts, items)
    rows = []
    start = 0
    for part, (places, own) in zip(parts, used, strict=True):
        lists = part.rows[_LIST]
        by_place = pl.zeros(len(lists.values.dictionary), dtype=pl.UInt32, eager=True)
        by_place = by_place.scatter(places, numbers[start : start + len(own)])
        start += len(own)
        listed = _replace_values(lists, by_place.gather(_to_series(lists.values.indices)))
        columns = pl.DataFrame(pa.table(part.rows).drop_columns([_LIST]))
        named = columns.with_columns(listed.alias(ITEMS), part.partitions.alias(PARTITION))
        rows.append(named.drop_nulls(PARTITION))
    whole = pl.concat(each.select(*_ROW_TYPES) for each in rows)
    return Documents(whole.sort(PARTITION, "source_path"), items)


def flatten(lists: pl.Series) -> pl.Series:
    """The items of all lists, one after the other."""
    return lists.filter(lists.list.len() > 0).explode()


_ROW_TYPES: Final[dict[str, pl.DataType]] = {
    **{name: dtype for name, dtype in DOCUMENTS.dtypes.items() if name != _LIST},
    ITEMS: pl.List(pl.UInt32),
    PARTITION: pl.String(),
}


class _Used(NamedTuple):
    """The places of a dictionary that lists use, and the texts there."""

    places: pl.Series
    texts: pl.Series


def _list_used(lists: pa.Array) -> _Used:
    # Arrow's own `flatten` would load all of its functions.
    places = flatten(_replace_values(lists, _to_series(lists.values.indices))).unique().sort()
    return _Used(places, _to_series(lists.values.dictionary).cast(pl.String).gather(places))


def _find_places(values: pl.Series, distinct: pl.Series) -> pl.Series:
    """Where in `distinct` each of `values` is."""
    places = distinct.alias("value").to_frame().with_row_index("place")
    return (
        values.alias("value")
        .to_frame()
        .join(places, on="value", how="left", maintain_order="left")["place"]
    )


def _replace_values(lists: pa.Array, values: pl.Series) -> pl.Series:
    """Lists of the same lengths, of other values."""
    array = values.to_arrow()
    # Workers write lists with offsets of 32 bits, Parquet files are read with 64.
    kind = pa.large_list if pa.types.is_large_list(lists.type) else pa.list_
    return _to_series(
        pa.Array.from_buffers(
            kind(array.type),
            len(lists),
            lists.buffers()[:2],
            lists.null_count,
            lists.offset,
            [array],
        )
    )


def _to_series(values: pa.Array) -> pl.Series:
    # Given the array itself, Polars would load all functions of Arrow.
    return pl.DataFrame(pa.record_batch([values], names=["values"])).to_series()
