"""Rebuilding a group: its partitions, table by table, in this process or in a worker."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from typing import NamedTuple, TypeVar

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.staleness import (
    has_views,
    list_inputs,
    list_stale,
    name_dating,
    name_views,
    note_mapping,
)
from pipelines.runs.group import Group, collect_group, is_drifting
from pipelines.tables.documents import PARTITION, Documents
from pipelines.tables.drift import UNKNOWN_KEYS
from pipelines.tables.fields import Fields, read_fields
from pipelines.tables.own_columns import find_table
from pipelines.tables.rows import Built
from pipelines.tables.translation import restore_field_paths
from pipelines.tables.views import ARTICLE_COLUMNS, hash_articles, hash_documents
from pipelines.values.parts import find_month
from pipelines.warehouse.draft import Draft, Written
from pipelines.warehouse.manifest import Partition
from pipelines.warehouse.parquet import Rows
from schemas.documents import DOCUMENTS
from schemas.findings import FINDINGS
from schemas.language.months import PARTITION_KEY
from schemas.language.registry import load_tables
from schemas.language.table import Table

T = TypeVar("T")


class RebuiltGroup(NamedTuple):
    """What became of a group.

    `built` are the partitions of each table that were built. `unknown_keys` are those of the
    documents whose articles were built. `is_drifting` if a document with an unknown key came or
    went.
    """

    written: list[Written]
    built: dict[str, list[str]]
    findings: pl.DataFrame
    unknown_keys: pl.DataFrame
    is_drifting: bool


def rebuild_group(group: Group) -> RebuiltGroup:
    """Rebuild what is out of date in the partitions of `group`."""
    # Half of the work is writing, in which Arrow lets go of Python's lock. Meanwhile this thread
    # makes the next table.
    with ThreadPoolExecutor(group.writers) as writers:
        work = _Work(group, writers)
        for table in group.tables:
            if keys := work.list_stale(table):
                work.build(table, keys)
        written = list(work.finish())
    touched = {*work.built.get("articles", ()), *work.gone}
    return RebuiltGroup(
        written,
        work.built,
        restore_field_paths(pl.concat(work.findings), work.fields.origins),
        work.unknown_keys,
        is_drifting(group, touched, work.unknown_keys),
    )


class _Work:
    """The work on a group: the fields of its documents, and what was made of them so far.

    `records` are the partitions as they will be. Until `finish`, they lack the files that are being
    written. `articles` are the valid ones of the partitions `valid`. `gone` are the partitions that
    have no documents any more.
    """

    def __init__(self, group: Group, writers: Executor) -> None:
        self.group = group
        self.writers = writers
        self.records = {name: dict(records) for name, records in group.draft.tables.items()}
        self.written: list[Future[Written]] = []
        self.built: dict[str, list[str]] = {}
        self.findings = [pl.DataFrame(schema=FINDINGS.dtypes)]
        self.unknown_keys = pl.DataFrame(schema=UNKNOWN_KEYS)
        self.articles = pl.DataFrame(schema=dict.fromkeys((*ARTICLE_COLUMNS, PARTITION), pl.String))
        self.valid: set[str] = set()
        documents = collect_group(group)
        self._write_documents(documents)
        self.fields = read_fields(documents, group.mapping)
        self._note_views()

    def _write_documents(self, documents: Documents) -> None:
        """Write the documents that changed. They can be written before their fields are known."""
        code = fingerprint_table("documents")
        self.gone = set(self.group.changed)
        for part in documents.split():
            if part.partition in self.group.changed:
                mapping = self.group.mapping
                inputs = {"files": _hash_files(part.rows), "dating": name_dating(mapping)}
                record = note_mapping(Partition(inputs, code, len(part.rows)), mapping)
                self._write(DOCUMENTS, part.partition, part.to_arrow, record)
                self.gone.remove(part.partition)
        for key in sorted(self.gone):
            self.records["documents"].pop(key, None)
            self.written.append(self.writers.submit(Written, "documents", key, None))

    def _note_views(self) -> None:
        """Note what other tables read of the documents, where no record tells."""
        records = self.records["documents"]
        keys = [key for key in self.group.partitions if key in records]
        unviewed = [key for key in keys if not has_views("documents", records[key])]
        views = name_views("documents")
        # Partitions without articles have no fields.
        hashes = {key: dict.fromkeys(views, "") for key in unviewed}
        hashes |= hash_documents(self.fields.select(unviewed), views)
        for key, views in _name_views("documents", hashes).items():
            records[key] = replace(records[key], views=views)
            if key not in self.group.changed:
                kept = Written("documents", key, records[key])
                self.written.append(self.writers.submit(_return, kept))

    def finish(self) -> Iterator[Written]:
        """What became of every partition, when all are written."""
        for promise in self.written:
            written = promise.result()
            record = written.record
            if record and written.table == "documents":
                views = self.records["documents"][written.partition].views
                written = written._replace(record=replace(record, views=views))
            yield written

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
            described = find_table(table, self.group.mapping)
            self._write(described, key, partial(_return, rows), record)
        self.built[table] = keys
        self.findings.append(made.findings)

    def _read_articles(self, keys: set[str]) -> None:
        """Add the valid articles of partitions whose articles are up to date."""
        # Whole months tell their rows apart by the month. Of parts, each is read on its own.
        whole = sorted(key for key in keys if find_month(key) == key)
        for some in (whole, *([key] for key in sorted(keys.difference(whole)))):
            read = self.group.draft.read("articles", some, _select_valid)
            if read is not None:
                month = pl.col(PARTITION_KEY) if some is whole else pl.lit(some[0])
                read = read.select(*ARTICLE_COLUMNS, month.alias(PARTITION))
                self.articles = pl.concat([self.articles, read])
        self.valid |= keys

    def _write(self, table: Table, key: str, make: Callable[[], Rows], record: Partition) -> None:
        """Write the rows that `make` returns. The record that is noted now lacks the file."""
        self.written.append(self.writers.submit(_write, self.group.draft, table, key, make, record))
        self.records[table.name][key] = record


def _write(
    draft: Draft, table: Table, key: str, make: Callable[[], Rows], record: Partition
) -> Written:
    return draft.write(table, key, make(), record)


def _select_valid(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.select(*ARTICLE_COLUMNS, PARTITION_KEY)


def _return(value: T) -> T:
    return value


def _hash_files(documents: pa.Table) -> str:
    """A hash of the paths and hashes of the files of documents."""
    names = ("source_path", "content_sha256")
    files = zip(*(documents[name].to_pylist() for name in names), strict=True)
    return hashlib.sha256("\n".join(map(" ".join, files)).encode()).hexdigest()


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


def _split_rows(rows: pl.DataFrame, partitions: list[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of each partition, in the order that they have."""
    counts = dict(rows[PARTITION].value_counts().iter_rows())
    in_order = rows.sort(PARTITION, maintain_order=True).drop(PARTITION)
    start = 0
    for key in sorted(partitions):
        count = counts.get(key, 0)
        yield key, in_order.slice(start, count)
        start += count
