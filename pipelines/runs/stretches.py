"""Stretches: where the documents that were parsed are, a few rows for thousands of documents."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.runs.state import STRETCH_TYPES, ParsedDocuments
from pipelines.values.parts import name_partitions


class Neighbours(NamedTuple):
    """Neighbours in an Arrow file, of which the number is `file`, from the row `first` on.

    `partitions` are those of the stretches; null between them.
    """

    file: int
    first: int
    rows: pa.RecordBatch
    partitions: pl.Series


def list_stretches(places: pl.DataFrame) -> pl.DataFrame:
    """The stretches of documents, of which `places` has the `_partition`, `_file` and `_row`.

    It is in order of files and rows.
    """
    leap = pl.col("_row") - pl.int_range(pl.len())
    stretch = pl.struct("_partition", "_file", leap).rle_id().alias("_stretch")
    return (
        places.group_by(stretch, maintain_order=True)
        .agg(pl.col("_partition", "_file", "_row").first(), _count=pl.len())
        .select(STRETCH_TYPES.names())
        .cast(STRETCH_TYPES)
    )


def read_stretches(parsed: ParsedDocuments) -> Iterator[Neighbours]:
    """The documents of each file, from its first stretch to the end of its last."""
    end = pl.col("_row") + pl.col("_count")
    for (file,), stretches in parsed.stretches.group_by("_file", maintain_order=True):
        number = int(str(file))
        first, last = stretches.select(pl.col("_row").min(), end.max().alias("_end")).row(0)
        rows = stretches.select(pl.int_ranges("_row", end)).to_series().explode()
        named = stretches.select(pl.col("_partition").repeat_by("_count")).to_series().explode()
        with pa.memory_map(str(parsed.files[number])) as source:
            batch = pa.ipc.open_file(source).get_batch(0).slice(first, last - first)
        none = pl.repeat(None, last - first, dtype=pl.String, eager=True)
        yield Neighbours(number, first, batch, none.scatter(rows - first, named))


def cut_stretches(parsed: ParsedDocuments, bits: Mapping[str, int]) -> ParsedDocuments:
    """`parsed` with stretches of parts in place of those of months that are cut by `bits`."""
    is_cut = pl.col("_partition").is_in([month for month, count in bits.items() if count])
    stretches = [parsed.stretches.filter(~is_cut)]
    for file, first, rows, months in read_stretches(parsed.filter(is_cut)):
        ids = pl.DataFrame(pa.table(rows).select(["document_id"]))
        named = name_partitions(ids.with_columns(published_month=months), bits)
        places = named.alias("_partition").to_frame().with_row_index("_row", first)
        stretches.append(list_stretches(places.with_columns(_file=file).drop_nulls()))
    return ParsedDocuments(parsed.files, pl.concat(stretches))
