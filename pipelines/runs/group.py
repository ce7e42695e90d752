"""A group: partitions that are rebuilt together, and the documents that they are made from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.mapping.post_mapping import PostMapping
from pipelines.runs.state import ParsedDocuments
from pipelines.runs.stretches import read_stretches
from pipelines.tables.documents import LIST_ITEM, PARTITION, Documents, Part, collect_documents
from pipelines.values.parts import find_month, name_partitions
from pipelines.warehouse.draft import Draft
from schemas.language.months import PARTITION_KEY


class Group(NamedTuple):
    """Some partitions, and all that is needed to rebuild them. It may cross to another process.

    `draft` has these partitions alone, and those `before`, which hold their documents until now.
    `changed` are the partitions of which the documents are written again: those of `before` without
    those at the paths `replaced`, and those of `parsed`. `bits` cut the months, `mapping` reads the
    documents. The first of `tables` is rebuilt for `forced` in any case. `writers` is the number of
    threads that write files while the next table is made.
    """

    partitions: list[str]
    draft: Draft
    before: list[str]
    tables: Sequence[str]
    changed: frozenset[str]
    forced: frozenset[str]
    bits: Mapping[str, int]
    mapping: PostMapping
    replaced: pl.Series
    parsed: ParsedDocuments
    writers: int


def collect_group(group: Group) -> Documents:
    """All documents of the partitions: those that were parsed, and those that did not change."""
    parsed = (Part(each.rows, each.partitions) for each in read_stretches(group.parsed))
    return collect_documents([*parsed, *_list_kept(group)])


def _list_kept(group: Group) -> Iterator[Part]:
    """The documents that did not change, of partitions that are written again or only read."""
    for key in sorted({*group.before, *group.partitions} - _list_unusable(group)):
        rows = group.draft.read_arrow("documents", key, LIST_ITEM)
        for batch in rows.to_batches() if rows else ():
            yield Part(batch, _name_kept(group, key, batch))


def _name_kept(group: Group, key: str, batch: pa.RecordBatch) -> pl.Series:
    """The partition of each document of `key`; null if it changed or is not of the group."""
    if key in group.partitions and key not in group.changed:
        return pl.repeat(key, batch.num_rows, eager=True)
    documents = pl.DataFrame(pa.table(batch).select(["source_path", "document_id"]))
    documents = documents.with_columns(pl.lit(find_month(key)).alias(PARTITION_KEY))
    partition = name_partitions(documents, group.bits).alias(PARTITION)
    is_kept = ~pl.col("source_path").is_in(group.replaced.implode())
    is_here = pl.col(PARTITION).is_in(list(group.changed))
    return (
        documents.with_columns(partition)
        .select(pl.when(is_kept & is_here).then(PARTITION))
        .to_series()
    )


def _list_unusable(group: Group) -> set[str]:
    """The partitions of before that another parser wrote: all of their files were read again."""
    code = fingerprint_table("documents")
    records = group.draft.tables["documents"]
    if not group.changed:
        return set()
    return {key for key in records if records[key].fingerprint != code}


def is_drifting(group: Group, touched: set[str], unknown_keys: pl.DataFrame) -> bool:
    """Whether an unknown key may have come or gone with the documents that changed.

    `touched` are the partitions of which the articles were built or are gone, `unknown_keys` those
    of their documents. Where articles are up to date, nothing but a secret changed.
    """
    if not group.changed & touched:
        return False
    if _list_unusable(group) or _is_any_parsed(group, unknown_keys["source_path"]):
        return True
    is_replaced = pl.col("source_path").is_in(group.replaced.implode())
    went = group.draft.read(
        "documents", group.before, lambda rows: rows.filter(is_replaced).select("source_path")
    )
    if went is None or went.is_empty():
        return False
    articles = group.draft.read(
        "articles", group.before, lambda rows: rows.filter(is_replaced).select("extra")
    )
    # Only an article tells the unknown keys of its document.
    return articles is None or articles.height < went.height or articles["extra"].count() > 0


def _is_any_parsed(group: Group, source_paths: pl.Series) -> bool:
    """Whether one of `source_paths`, which are documents of the group, was parsed in this run."""
    return len(source_paths) > 0 and any(
        pl.Series(each.rows["source_path"]).is_in(source_paths.implode()).any()
        for each in read_stretches(group.parsed)
    )
