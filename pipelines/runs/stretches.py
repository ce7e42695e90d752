"""Stretches: where the documents that were parsed are, a few rows for thousands of documents."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.runs.state import STRETCH_TYPES, ParsedDocuments
from pipelines.values.parts import name_partitions


class Dated(NamedTuple):
    """Neighbours in an Arrow file, and the month of each; null where no stretch has it."""

    rows: pa.RecordBatch
    months: pl.Series

    def name_partitions(self, bits: Mapping[str, int]) -> pl.Series:
        """The partition of each document, of months that are cut by `bits`."""
        documents = pl.DataFrame(pa.table(self.rows).select(["document_id"]))
        return name_partitions(documents.with_columns(published_month=self.months), bits)


def list_stretches(places: pl.DataFrame) -> pl.DataFrame:
    """The stretches of documents, of which `places` has the `published_month`, `_file` and `_row`.

    It is in order of files and rows.
    """
    leap = pl.col("_row") - pl.int_range(pl.len())
    return (
        places.group_by(
            pl.struct("published_month", "_file", leap).rle_id().alias("_stretch"),
            maintain_order=True,
        )
        .agg(pl.col("published_month", "_file", "_row").first(), _count=pl.len())
        .select(STRETCH_TYPES.names())
        .cast(STRETCH_TYPES)
    )


def read_stretches(parsed: ParsedDocuments) -> Iterator[Dated]:
    """The documents of each file, from its first stretch to the end of its last."""
    end = pl.col("_row") + pl.col("_count")
    for (number,), stretches in parsed.stretches.group_by("_file", maintain_order=True):
        first, last = stretches.select(pl.col("_row").min(), end.max().alias("_end")).row(0)
        rows = stretches.select(pl.int_ranges("_row", end)).to_series().explode()
        months = stretches.select(pl.col("published_month").repeat_by("_count")).to_series()
        with pa.memory_map(str(parsed.files[int(str(number))])) as file:
            batch = pa.ipc.open_file(file).get_batch(0).slice(first, last - first)
        none = pl.repeat(None, last - first, dtype=pl.String, eager=True)
        yield Dated(batch, none.scatter(rows - first, months.explode()))
