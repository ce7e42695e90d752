"""The plan of a run: which documents go to which partitions, and which of these changed."""

from collections.abc import Iterator, Mapping

import polars as pl

from pipelines.runs.state import Ingested
from pipelines.tables.documents import PARTITION
from pipelines.values.parts import count_bits, find_month, list_bits, name_partitions
from pipelines.warehouse.manifest import Partition


class Plan:
    """Where the documents of a run go.

    `files` are the rows of the ledger that have a document, `changed_files` those of documents that
    came, changed or went, `parsed` where the new ones are. All have their `_partition`. `sizes` are
    the raw bytes of each partition. `changed` are the partitions of which the documents are written
    again.
    """

    def __init__(self, ingested: Ingested) -> None:
        files = ingested.files.drop_nulls("document_id")
        self.bits = {
            month: count_bits(size) for month, size in _sum_bytes(files, "published_month")
        }
        self.files = self._name(files)
        self.changed_files = self._name(ingested.changed)
        self.parsed = self._name(ingested.parsed.rows)
        self.sizes = dict(_sum_bytes(self.files, PARTITION))
        recut = self._list_recut(ingested.draft.tables["documents"])
        self.changed = frozenset(self.changed_files[PARTITION]) | frozenset(recut)

    def _name(self, documents: pl.DataFrame) -> pl.DataFrame:
        """`documents` with their `_partition`."""
        return documents.with_columns(name_partitions(documents, self.bits).alias(PARTITION))

    def _list_recut(self, records: Mapping[str, Partition]) -> Iterator[str]:
        """The partitions, of before and of now, of months that are cut in another way now."""
        before = list_bits(records)
        recut = {month for month, count in before.items() if self.bits.get(month, 0) != count}
        yield from (key for key in (*records, *self.sizes) if find_month(key) in recut)


def _sum_bytes(files: pl.DataFrame, key: str) -> Iterator[tuple[str, int]]:
    return files.group_by(key).agg(pl.col("size_bytes").sum()).iter_rows()
