"""A group: partitions that are rebuilt together, table by table, in a thread or a process."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.staleness import has_views, list_inputs, list_stale, name_views
from pipelines.runs.state import ParsedDocuments
from pipelines.tables.documents import LIST_ITEM, PARTITION, Part, collect_documents
from pipelines.tables.drift import UNKNOWN_KEYS
from pipelines.tables.fields import Fields, read_fields
from pipelines.tables.rows import Built
from pipelines.tables.views import ARTICLE_COLUMNS, hash_articles, hash_documents
from pipelines.values.parts import find_month, name_partitions
from pipelines.warehouse.draft import Draft, Written
from pipelines.warehouse.manifest import Partition
from pipelines.warehouse.parquet import to_arrow
from schemas.documents import DOCUMENTS
from schemas.language.months import PARTITION_KEY
from schemas.language.registry import load_tables


class Group(NamedTuple):
    """Some partitions, and all that is needed to rebuild them. It may cross to another process.

    `draft` has these partitions alone, and those `before`, which hold their documents until now.
    `changed` are the partitions of which the documents are written again: those of `before` without
    those of `changed_paths`, and those of `parsed`, which have their `_partition`. `bits` cut the
    months. The first of `tables` is rebuilt for `forced` in any case.
    """

    partitions: list[str]
    draft: Draft
    before: list[str]
    tables: Sequence[str]
    changed: frozenset[str]
    forced: frozenset[str]
    bits: Mapping[str, int]
    changed_paths: pl.Series
    parsed: ParsedDocuments


class RebuiltGroup(NamedTuple):
    """What became of a group.

    `built` are the partitions of each table that were built. `unknown_keys` are those of the
    documents whose articles were built. `is_drifting` if a document with an unknown key came or
    went.
    """

    written: list[Written]
    built: dict[str, list[str]]
    findings: list[pl.DataFrame]
    unknown_keys: pl.DataFrame
    is_drifting: bool


def rebuild_group(group: Group) -> RebuiltGroup:
    """Rebuild what is out of date in the partitions of `group`."""
    work = _Work(group)
    work.store_documents()
    for table in group.tables:
        if keys := work.list_stale(table):
            work.build(table, keys)
    return RebuiltGroup(
        work.written,
        work.built,
        work.findings,
        work.unknown_keys,
        is_drifting=_is_drifting(group, work.unknown_keys),
    )


class _Work:
    """The work on a group: its documents in memory, and what was made of them so far.

    `records` are the partitions as they will be. `articles` are the valid ones of the partitions
    `valid`.
    """

    def __init__(self, group: Group) -> None:
        self.group = group
        self.documents = collect_documents([*_list_parsed(group.parsed), *_list_kept(group)])
        self.fields = read_fields(self.documents)
        self.records = {name: dict(records) for name, records in group.draft.tables.items()}
        self.written: list[Written] = []
        self.built: dict[str, list[str]] = {}
        self.findings: list[pl.DataFrame] = []
        self.unknown_keys = pl.DataFrame(schema=UNKNOWN_KEYS)
        self.articles = pl.DataFrame(schema=dict.fromkeys((*ARTICLE_COLUMNS, PARTITION), pl.String))
        self.valid: set[str] = set()

    def store_documents(self) -> None:
        """Write the documents that changed, and note what other tables read of them."""
        records = self.records["documents"]
        unviewed = [
            key
            for key in self.group.partitions
            if key in records and not has_views("documents", records[key])
        ]
        views = _name_views(
            "documents",
            hash_documents(
                self.fields.select({*self.group.changed, *unviewed}), name_views("documents")
            ),
        )
        for key in sorted(self.group.changed):
            documents = self.documents.select(key)
            if documents.rows.is_empty():
                self._note(Written("documents", key, None))
                continue
            inputs = {"files": _hash_files(documents.rows)}
            rows = documents.to_arrow()
            code = fingerprint_table("documents")
            record = Partition(inputs, code, len(rows), views=views[key])
            self._note(self.group.draft.write(DOCUMENTS, key, rows, record))
        for key in sorted(set(unviewed) - self.group.changed):
            self._note(Written("documents", key, replace(records[key], views=views[key])))

    def list_stale(self, table: str) -> list[str]:
        """The partitions of which `table` has to be rebuilt."""
        group = self.group
        stale = list_stale(self.records, table, group.partitions)
        forced = group.forced if table == group.tables[0] else frozenset()
        return [key for key in group.partitions if key in stale or key in forced]

    def build(self, table: str, keys: list[str]) -> None:
        """Build `table` for the partitions `keys`, and write it."""
        if table in name_views("articles"):
            self._read_articles(set(keys) - self.valid)
        made = build_rows_of(table, self.fields.select(keys), self.articles)
        views = {}
        if made.unknown_keys is not None:
            self.unknown_keys = made.unknown_keys
            self.articles = made.rows.select(*ARTICLE_COLUMNS, PARTITION)
            self.valid = set(keys)
            views = _name_views(table, hash_articles(self.articles, name_views(table)))
        inputs = list_inputs(self.records, table, keys)
        for key, rows in _split_rows(made.rows, keys):
            code = fingerprint_table(table)
            record = Partition(inputs[key], code, len(rows), views=views.get(key, {}))
            self._note(self.group.draft.write(load_tables()[table], key, rows, record))
        self.built[table] = keys
        self.findings.append(made.findings)

    def _read_articles(self, keys: set[str]) -> None:
        """Add the valid articles of partitions whose articles are up to date."""
        columns = (*ARTICLE_COLUMNS, PARTITION_KEY)
        for key in sorted(keys):
            read = self.group.draft.read("articles", [key], lambda rows: rows.select(columns))
            if read is not None:
                read = read.select(*ARTICLE_COLUMNS, pl.lit(key).alias(PARTITION))
                self.articles = pl.concat([self.articles, read])
        self.valid |= keys

    def _note(self, written: Written) -> None:
        self.written.append(written)
        self.records[written.table].pop(written.partition, None)
        if written.record:
            self.records[written.table][written.partition] = written.record


def _list_parsed(parsed: ParsedDocuments) -> Iterator[Part]:
    """The documents that were parsed, as the stretches of the Arrow files in which they lie."""
    for (number,), rows in parsed.rows.group_by("_file", maintain_order=True):
        places = rows["_row"]
        start, end = int(places.min()), int(places.max()) + 1  # type: ignore[arg-type]  # Numbers.
        partitions = pl.repeat(None, end - start, dtype=pl.String, eager=True)
        with pa.memory_map(str(parsed.files[int(str(number))])) as file:
            batch = pa.ipc.open_file(file).get_batch(0).slice(start, end - start)
        yield Part(batch, partitions.scatter(places - start, rows[PARTITION]))


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
    is_kept = ~pl.col("source_path").is_in(group.changed_paths.implode())
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


def _is_drifting(group: Group, unknown_keys: pl.DataFrame) -> bool:
    """Whether an unknown key may have come or gone with the documents that changed."""
    if not group.changed:
        return False
    is_changed = pl.col("source_path").is_in(group.changed_paths.implode())
    if _list_unusable(group) or unknown_keys.filter(is_changed).height:
        return True
    went = group.draft.read(
        "documents", group.before, lambda rows: rows.filter(is_changed).select("source_path")
    )
    if went is None or went.is_empty():
        return False
    articles = group.draft.read(
        "articles", group.before, lambda rows: rows.filter(is_changed).select("extra")
    )
    # Without its article, nobody knows the keys of a document.
    return articles is None or articles.height < went.height or articles["extra"].count() > 0


def _hash_files(documents: pl.DataFrame) -> str:
    lines = documents.select(pl.format("{} {}", "source_path", "content_sha256")).to_series()
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _name_views(table: str, hashes: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Hashes by partition and table, with the names of their views in a record."""
    names = name_views(table)
    return {
        key: {names[child]: digest for child, digest in views.items()}
        for key, views in hashes.items()
    }


def build_rows_of(table: str, fields: Fields, articles: pl.DataFrame) -> Built:
    """The rows of `table`; `articles` are the valid ones, for a table that is made from them."""
    build = _find_builder(table)
    if load_tables()[table].made_from == "documents":
        return build(fields)
    return build(fields, articles)


@cache
def _find_builder(table: str) -> Callable[..., Built]:
    """The function `build_<table>` of the module of `table`."""
    build: Callable[..., Built] = getattr(
        import_module(f"pipelines.tables.{table}"), f"build_{table}"
    )
    return build


def _split_rows(rows: pl.DataFrame, partitions: list[str]) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each partition, in the order that they have; made Arrow all at once."""
    counts = dict(rows[PARTITION].value_counts().iter_rows())
    in_order = rows.sort(PARTITION, maintain_order=True).drop(PARTITION)
    in_arrow = to_arrow(in_order)
    start = 0
    for key in sorted(partitions):
        count = counts.get(key, 0)
        yield key, in_arrow.slice(start, count)
        start += count
