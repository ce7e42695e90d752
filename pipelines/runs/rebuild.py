"""rebuild: the months that are out of date are made again, some at a time, parents first."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from functools import cache
from importlib import import_module
from typing import Final, NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.staleness import ARTICLE_COLUMNS, list_inputs, list_stale, list_views
from pipelines.processes.workers import call_each, split_by_size
from pipelines.runs.document_months import collect_month, write_month
from pipelines.runs.progress import OnProgress
from pipelines.runs.state import Ingested, PieceRows, Rebuilt
from pipelines.tables.rows import Built
from pipelines.warehouse.draft import Draft, Written
from pipelines.warehouse.parquet import to_arrow
from schemas.language.months import PARTITION_KEY
from schemas.language.registry import load_tables

LARGE_BYTES: Final = 192 * 1024 * 1024
"""Raw bytes from which on processes rebuild months, not threads. For less, loading the libraries
in each process takes longer than it saves."""
WORKER_BYTES: Final = 24 * 1024 * 1024
"""Raw bytes whose documents a process has in memory at once."""
THREAD_BYTES: Final = 48 * 1024 * 1024
"""The same for a thread, which shares all that is loaded."""
THREADS: Final = 2
"""Polars has threads of its own. A second one here keeps them busy while Python works."""


class BuiltMonths(NamedTuple):
    """What was found when months of a table were built."""

    table: str
    months: list[str]
    findings: pl.DataFrame
    unknown_keys: pl.DataFrame | None


class Group(NamedTuple):
    """Some months, and all that is needed to rebuild them. It may cross to another process.

    `draft` has these months alone. `changed` are the months whose documents changed, `forced` those
    of which the first of `tables` is rebuilt in any case.
    """

    months: list[str]
    draft: Draft
    tables: Sequence[str]
    changed: frozenset[str]
    forced: frozenset[str]
    pieces: Mapping[str, Sequence[PieceRows]]
    changed_paths: pl.Series


class RebuiltGroup(NamedTuple):
    """What became of a group."""

    written: list[Written]
    built: list[BuiltMonths]
    is_drifting: bool


def rebuild_months(
    ingested: Ingested,
    tables: Sequence[str],
    forced: Collection[str],
    executor: Executor,
    on_progress: OnProgress,
) -> Rebuilt:
    """Write the documents that were ingested, and rebuild what is out of date in `tables`.

    The arguments are those of the step `pipelines.runs.steps.rebuild`.
    """
    stale = (list_stale(ingested.draft.tables, table) for table in tables)
    months = sorted({*ingested.changed_months, *forced}.union(*stale))
    sizes = _sum_sizes(ingested.files, months)
    is_large = sum(sizes) >= LARGE_BYTES
    groups = [
        _select_group(ingested, group, tables, forced)
        for group in split_by_size(months, sizes, WORKER_BYTES if is_large else THREAD_BYTES)
    ]
    rebuilt: list[RebuiltGroup] = []
    done = 0
    with nullcontext(executor) if is_large else ThreadPoolExecutor(THREADS) as chosen:
        for group, each in zip(groups, call_each(rebuild_group, groups, chosen), strict=True):
            rebuilt.append(each)
            done += len(group.months)
            on_progress("rebuild", done, len(months))
    built = [found for group in rebuilt for found in group.built]
    read = [found for found in built if found.unknown_keys is not None]
    return Rebuilt(
        draft=ingested.draft.apply(each for group in rebuilt for each in group.written),
        findings=_replace_findings(ingested, built),
        is_drifting=any(group.is_drifting for group in rebuilt),
        unknown_keys=[found.unknown_keys for found in read if found.unknown_keys is not None],
        read_months=frozenset(month for found in read for month in found.months),
    )


def rebuild_group(group: Group) -> RebuiltGroup:
    """Rebuild what is out of date in the months of `group`."""
    written, documents, is_drifting = _rebuild_documents(group)
    draft = group.draft.apply(written)
    articles = pl.DataFrame(schema=dict.fromkeys((*ARTICLE_COLUMNS, PARTITION_KEY), pl.String))
    in_memory, valid_in_memory = set(group.changed), set[str]()
    built: list[BuiltMonths] = []
    for name in group.tables:
        months = _list_months(group, draft, name)
        if not months:
            continue
        if not in_memory.issuperset(months):
            documents, in_memory = _read_documents(draft, months, group.tables), set(months)
        if name in list_views("articles"):
            articles = _add_valid(articles, draft, set(months) - valid_in_memory)
            valid_in_memory |= set(months)
        made = build_rows_of(name, _select_documents(documents, name, months), articles)
        if name == "articles":
            articles = made.rows.select(*ARTICLE_COLUMNS, PARTITION_KEY)
            valid_in_memory = set(months)
        parts = list(_write_months(draft, name, made.rows, months))
        draft = draft.apply(parts)
        written += parts
        built.append(BuiltMonths(name, months, made.findings, made.unknown_keys))
    return RebuiltGroup(written, built, is_drifting)


def _rebuild_documents(group: Group) -> tuple[list[Written], pl.DataFrame, bool]:
    """Write the documents that changed.

    Returns:
        What was written, all documents of these months with their month, and whether a document
        with an `extra` came or went.
    """
    collected = {
        month: collect_month(group.draft, month, group.pieces.get(month, ()), group.changed_paths)
        for month in sorted(group.changed)
    }
    written = [write_month(group.draft, month, each.documents) for month, each in collected.items()]
    documents = _frame_documents({month: each.documents for month, each in collected.items()})
    return written, documents, any(each.is_drifting for each in collected.values())


def _select_group(
    ingested: Ingested, months: list[str], tables: Sequence[str], forced: Collection[str]
) -> Group:
    changed = ingested.changed_months.intersection(months)
    paths = ingested.changed_paths
    return Group(
        months=months,
        draft=ingested.draft.only(months),
        tables=tables,
        changed=changed,
        forced=frozenset(forced).intersection(months),
        pieces={month: ingested.pieces[month] for month in months if month in ingested.pieces},
        # They are the documents to leave out. In a first build there are none.
        changed_paths=paths if ingested.draft.tables["documents"] else paths.clear(),
    )


def _list_months(group: Group, draft: Draft, table: str) -> list[str]:
    """The months of the group for which `table` has to be rebuilt."""
    stale = list_stale(draft.tables, table, group.months)
    forced = group.forced if table == group.tables[0] else frozenset()
    return [month for month in group.months if month in stale or month in forced]


def _frame_documents(months: Mapping[str, pa.Table]) -> pl.DataFrame:
    """The documents of some months, with their month."""
    if not months:
        return pl.DataFrame()
    documents = pl.DataFrame(pa.concat_tables(months.values()))
    month = [pl.repeat(month, len(rows), eager=True) for month, rows in months.items()]
    return documents.with_columns(pl.concat(month).alias(PARTITION_KEY))


def _read_documents(draft: Draft, months: list[str], tables: Sequence[str]) -> pl.DataFrame:
    """The columns of documents that any of `tables` reads."""
    views = list_views("documents")
    columns = sorted({column for table in tables for column in views[table]})
    documents = draft.read("documents", months, lambda rows: rows.select(PARTITION_KEY, *columns))
    if documents is None:
        raise AssertionError(f"no documents in {months}")
    return documents


def _select_documents(documents: pl.DataFrame, table: str, months: list[str]) -> pl.DataFrame:
    """What `table` reads of the documents of `months`."""
    documents = documents.select(PARTITION_KEY, *list_views("documents")[table])
    is_wanted = documents[PARTITION_KEY].is_in(months)
    # A filter copies nested rows, which are heavy.
    return documents if is_wanted.all() else documents.filter(is_wanted)


def _add_valid(articles: pl.DataFrame, draft: Draft, months: set[str]) -> pl.DataFrame:
    """What children read of valid articles, with those of `months`, which are on disk."""
    columns = (*ARTICLE_COLUMNS, PARTITION_KEY)
    read = draft.read("articles", months, lambda rows: rows.select(columns)) if months else None
    return articles if read is None else pl.concat([articles, read])


def build_rows_of(table: str, documents: pl.DataFrame, articles: pl.DataFrame) -> Built:
    """The rows of `table`; `articles` are the valid ones, for a table that is made from them."""
    build = _find_builder(table)
    if load_tables()[table].made_from == "documents":
        return build(documents)
    return build(documents, articles)


@cache
def _find_builder(table: str) -> Callable[..., Built]:
    """The function `build_<table>` of the module of `table`."""
    build: Callable[..., Built] = getattr(
        import_module(f"pipelines.tables.{table}"), f"build_{table}"
    )
    return build


def _write_months(
    draft: Draft, name: str, rows: pl.DataFrame, months: list[str]
) -> Iterator[Written]:
    """Write `months` of a table, of which `rows` are all."""
    inputs = list_inputs(draft.tables, name, months)
    for month, part in _split_months(rows, months):
        yield draft.write(
            load_tables()[name],
            month,
            part,
            inputs=inputs[month],
            fingerprint=fingerprint_table(name),
            views=list_views(name),
        )


def _split_months(rows: pl.DataFrame, months: list[str]) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each of `months`, in the order that they have; made Arrow all at once."""
    counts = dict(rows[PARTITION_KEY].value_counts().iter_rows())
    by_month = rows.sort(PARTITION_KEY, maintain_order=True).drop(PARTITION_KEY)
    in_arrow = to_arrow(by_month)
    start = 0
    for month in months:
        count = counts.get(month, 0)
        yield month, in_arrow.slice(start, count)
        start += count


def _replace_findings(ingested: Ingested, built: Sequence[BuiltMonths]) -> pl.DataFrame:
    """The findings with those of the months that were built in place of earlier ones."""
    rebuilt = pl.DataFrame(
        [(found.table, month) for found in built for month in found.months],
        {"table_name": pl.String, PARTITION_KEY: pl.String},
        orient="row",
    )
    paths = ingested.files.select("source_path", PARTITION_KEY)
    replaced = rebuilt.join(paths, on=PARTITION_KEY).drop(PARTITION_KEY)
    kept = ingested.findings.join(replaced, on=["table_name", "source_path"], how="anti")
    return pl.concat([kept, *(found.findings for found in built)])


def _sum_sizes(files: pl.DataFrame, months: list[str]) -> list[int]:
    """The bytes of the raw files of each of `months`."""
    sizes = dict(files.group_by(PARTITION_KEY).agg(pl.col("size_bytes").sum()).iter_rows())
    return [sizes.get(month, 0) for month in months]
