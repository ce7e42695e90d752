"""redate: documents move to the months that their dates give them now. No raw file is read."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.changes.ledger import Ledger
from pipelines.documents.rows import write_arrow
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.translate import find_published
from pipelines.runs.state import Ingested, ParsedDocuments
from pipelines.runs.stretches import list_stretches
from pipelines.tables.documents import LIST_ITEM
from pipelines.tables.locality import list_time_zones
from pipelines.values.months import read_months
from pipelines.warehouse.draft import Draft
from schemas.documents import ARCHIVE


def redate_documents(ingested: Ingested, scratch: Path) -> Ingested:
    """`ingested` as if the kept documents, too, were parsed in this run, with their new months."""
    files = list(ingested.parsed.files)
    stretches = [ingested.parsed.stretches]
    replaced = [ingested.replaced]
    months = []
    is_replaced = pl.col("source_path").is_in(ingested.replaced["source_path"].implode())
    for key, batch in _list_batches(ingested.draft):
        documents = _date(batch, ingested.mapping).with_columns(_file=len(files))
        kept = documents.filter(~is_replaced)
        files.append(write_arrow(pa.Table.from_batches([batch]), scratch))
        stretches.append(list_stretches(kept.with_columns(_partition="published_month")))
        replaced.append(kept.select("source_path", _partition=pl.lit(key)))
        months.append(kept.select("source_path", "published_month"))
    return replace(
        ingested,
        files=_date_ledger(ingested.files, pl.concat(months), scratch),
        replaced=pl.concat(replaced),
        parsed=ParsedDocuments(files, pl.concat(stretches)),
    )


def _date_ledger(files: Ledger, months: pl.DataFrame, scratch: Path) -> Ledger:
    """The ledger with the new `months` of documents."""
    for bucket in files.buckets:
        files = files.put(bucket, files.read(bucket).update(months, on="source_path"), scratch)
    return files


def _list_batches(draft: Draft) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The documents of each partition, and its name."""
    for key in draft.tables["documents"]:
        rows = draft.read_arrow("documents", key, LIST_ITEM)
        yield from ((key, batch) for batch in (rows.to_batches() if rows else ()))


def _date(batch: pa.RecordBatch, mapping: PostMapping) -> pl.DataFrame:
    """The path of every document, its month, and its row."""
    columns = ["source_path", "front_matter", "body"]
    documents = pl.DataFrame(pa.Table.from_batches([batch]).select(columns)).with_row_index("_row")
    written = [
        find_published(json.loads(text), path, body, mapping, ARCHIVE.date_key)
        for text, path, body in documents.select("front_matter", "source_path", "body").iter_rows()
    ]
    zones = list_time_zones(documents["source_path"], mapping)
    months = read_months(pl.Series(written, dtype=pl.String), zones)
    return documents.drop("front_matter", "body").with_columns(published_month=months)
