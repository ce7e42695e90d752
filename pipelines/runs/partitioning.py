"""The partitioning of a run: which documents go where, and which partitions changed."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import polars as pl

from pipelines.changes.ledger import Ledger
from pipelines.runs.state import Ingested
from pipelines.runs.stretches import cut_stretches
from pipelines.tables.documents import PARTITION
from pipelines.values.parts import count_bits, find_month, list_bits, name_partitions
from pipelines.warehouse.manifest import Partition
from schemas.language.months import PARTITION_KEY

_COLUMNS: Final = ("document_id", PARTITION_KEY, "size_bytes")


class Partitioning:
    """Where the documents of a run go.

    `bits` are those by which each month is cut, `parsed` the documents that were parsed, with their
    partitions. `sizes` are the raw bytes of each partition. `changed` are the partitions of which
    the documents are written again.
    """

    def __init__(self, ingested: Ingested) -> None:
        months = _sum_bytes(ingested.files, _name_months)
        self.bits = {month: count_bits(size) for month, size in months.items()}
        is_cut = any(self.bits.values())
        self.sizes = _sum_bytes(ingested.files, self.name) if is_cut else months
        self.parsed = cut_stretches(ingested.parsed, self.bits)
        self.changed = frozenset(ingested.replaced[PARTITION]).union(
            self.parsed.stretches[PARTITION],
            self._list_recut(ingested.draft.tables["documents"]),
        )

    def name(self, documents: pl.DataFrame) -> pl.DataFrame:
        """`documents` with their `_partition`."""
        return documents.with_columns(name_partitions(documents, self.bits).alias(PARTITION))

    def _list_recut(self, records: Mapping[str, Partition]) -> Iterator[str]:
        """The partitions, of before and of now, of months that are cut in another way now."""
        before = list_bits(records)
        recut = {month for month, count in before.items() if self.bits.get(month, 0) != count}
        yield from (key for key in (*records, *self.sizes) if find_month(key) in recut)


def _sum_bytes(files: Ledger, name: Callable[[pl.DataFrame], pl.DataFrame]) -> dict[str, int]:
    """The raw bytes of each partition, which `name` adds to documents."""
    sums: Counter[str] = Counter()
    for bucket in files.buckets:
        rows = name(files.read(bucket, _COLUMNS).drop_nulls(PARTITION_KEY))
        sizes = rows.group_by(PARTITION).agg(pl.col("size_bytes").sum())
        sums.update(dict(sizes.iter_rows()))
    return dict(sums)


def _name_months(documents: pl.DataFrame) -> pl.DataFrame:
    return documents.with_columns(pl.col(PARTITION_KEY).alias(PARTITION))
