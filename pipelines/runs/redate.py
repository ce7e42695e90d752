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
from pipelines.runs.state import CHANGED_COLUMNS, Ingested, ParsedDocuments
from pipelines.tables.documents import LIST_ITEM
from pipelines.tables.locality import list_time_zones
from pipelines.values.months import read_months
from pipelines.warehouse.draft import Draft
from schemas.documents import ARCHIVE


def redate_documents(ingested: Ingested, scratch: Path) -> Ingested:
    """`ingested` as if the kept documents, too, were parsed in this run, with their new months."""
    files = list(ingested.parsed.files)
    rows = [ingested.parsed.rows]
    changed = ingested.changed
    dated = [changed.clear()]
    for batch in _list_batches(ingested.draft):
        documents = _date(batch, ingested.mapping).with_columns(_file=pl.lit(len(files), pl.Int32))
        is_changed = pl.col("source_path").is_in(changed["source_path"].implode())
        kept = documents.filter(~is_changed)
        files.append(write_arrow(pa.Table.from_batches([batch]), scratch))
        rows.append(kept.select(ingested.parsed.rows.columns).cast(ingested.parsed.rows.schema))
        dated.append(kept.select(CHANGED_COLUMNS))
    after = pl.concat(dated)
    before = ingested.files.find(after["source_path"], CHANGED_COLUMNS)
    return replace(
        ingested,
        files=_date_ledger(ingested.files, after, scratch),
        changed=pl.concat([changed, before, after]),
        parsed=ParsedDocuments(files, pl.concat(rows)),
    )


def _date_ledger(files: Ledger, documents: pl.DataFrame, scratch: Path) -> Ledger:
    """The ledger with the new months of `documents`."""
    months = documents.select("source_path", "published_month")
    for bucket in files.buckets:
        files = files.put(bucket, files.read(bucket).update(months, on="source_path"), scratch)
    return files


def _list_batches(draft: Draft) -> Iterator[pa.RecordBatch]:
    for key in draft.tables["documents"]:
        rows = draft.read_arrow("documents", key, LIST_ITEM)
        yield from rows.to_batches() if rows else ()


def _date(batch: pa.RecordBatch, mapping: PostMapping) -> pl.DataFrame:
    """The path and id of every document, its month, and its row."""
    columns = ["source_path", "document_id", "front_matter"]
    documents = pl.DataFrame(pa.Table.from_batches([batch]).select(columns)).with_row_index("_row")
    written = [
        find_published(json.loads(text), path, mapping, ARCHIVE.date_key)
        for text, path in documents.select("front_matter", "source_path").iter_rows()
    ]
    zones = list_time_zones(documents["source_path"], mapping)
    months = read_months(pl.Series(written, dtype=pl.String), zones)
    return documents.drop("front_matter").with_columns(published_month=months)
