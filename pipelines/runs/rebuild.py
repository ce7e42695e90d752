"""rebuild: months of the tables are made anew, a group of months at a time, parents first."""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.staleness import (
    ARTICLE_COLUMNS,
    DOCUMENT_COLUMNS,
    VIEWS,
    list_inputs,
    list_stale,
)
from pipelines.processes.workers import call_each, split_by_size
from pipelines.runs.document_months import replace_documents
from pipelines.runs.work import Work
from pipelines.tables.articles import build_articles
from pipelines.tables.images import build_images
from pipelines.tables.related_links import build_related_links
from pipelines.tables.rows import Built
from pipelines.warehouse.draft import Draft
from pipelines.warehouse.parquet import to_arrow
from schemas import load_table

LARGE_BYTES: Final = 192 * 1024 * 1024
"""Raw files whose months are made anew by workers, each in a process of its own. For less, what a
worker has to load at its start takes longer than it saves."""
WORKER_BYTES: Final = 24 * 1024 * 1024
"""Raw files whose documents a worker has in memory at once."""
THREAD_BYTES: Final = 48 * 1024 * 1024
"""The same of a thread, which shares all that is loaded."""
THREADS: Final = 2
"""Polars has threads of its own; a second one here keeps them busy while Python is."""

BUILD_CHILD: Final[dict[str, Callable[[pl.DataFrame, pl.DataFrame], Built]]] = {
    "images": build_images,
    "related_links": build_related_links,
}
"""What makes the rows of a table from documents and the valid articles."""


def rebuild_months(
    work: Work, tables: Sequence[str], forced: Collection[str], executor: Executor
) -> None:
    """Write the documents that were ingested, and make anew what of `tables` is stale.

    Args:
        work: The work of the run.
        tables: Those to be made anew, parents first.
        forced: The months of which the first of them is made anew, stale or not.
        executor: Takes groups of months, where there is much to do.
    """
    stale = (list_stale(work.draft.tables, table) for table in tables)
    months = sorted({*work.changed_months, *forced}.union(*stale))
    sizes = _sum_sizes(work, months)
    is_large = sum(sizes) >= LARGE_BYTES
    groups = list(split_by_size(months, sizes, WORKER_BYTES if is_large else THREAD_BYTES))
    parts = [work.narrow(group) for group in groups]
    rebuild = partial(_rebuild_group, tables=tables, forced=forced)
    done = 0
    with nullcontext(executor) if is_large else ThreadPoolExecutor(THREADS) as chosen:
        for group, rebuilt in zip(groups, call_each(rebuild, parts, chosen), strict=True):
            work.draft.take_over(rebuilt.draft, group)
            work.is_drifting |= rebuilt.is_drifting
            for table in rebuilt.tables:
                work.drop_findings(work.list_paths(table.months), table.name)
                if table.findings:
                    work.add_findings(pl.read_ipc(table.findings.read_bytes()))
            done += len(group)
            work.on_progress("rebuild", done, len(months))


class _RebuiltTable(NamedTuple):
    """Months of a table that were made anew; what was found in them, if anything, is in a file."""

    name: str
    months: list[str]
    findings: Path | None


class _Rebuilt(NamedTuple):
    """A group of months; nothing heavy, since it may come from another process."""

    draft: Draft
    tables: list[_RebuiltTable]
    is_drifting: bool


def _rebuild_group(part: Work, tables: Sequence[str], forced: Collection[str]) -> _Rebuilt:
    """Make anew what is to be made anew of all months of `part`."""
    group = sorted({*part.draft.tables["documents"], *part.changed_months})
    changed = [month for month in group if month in part.changed_months]
    documents = replace_documents(part, changed) if changed else None
    in_memory = set(changed)
    rebuilt = []
    for name in tables:
        stale = list_stale(part.draft.tables, name, group)
        months = [
            month for month in group if month in stale or (name == tables[0] and month in forced)
        ]
        if not months:
            continue
        if documents is None or not in_memory.issuperset(months):
            documents = _read_documents(part, months, tables)
            in_memory = set(months)
        findings = _rebuild_table(part, name, documents, months)
        rebuilt.append(_RebuiltTable(name, months, _write_findings(part, findings, name, group[0])))
    return _Rebuilt(part.draft, rebuilt, part.is_drifting)


def _write_findings(work: Work, findings: pl.DataFrame, table: str, month: str) -> Path | None:
    if findings.is_empty():
        return None
    work.workers_folder.mkdir(parents=True, exist_ok=True)
    path = work.workers_folder / f"findings-{table}-{month}.arrow"
    findings.write_ipc(path)
    return path


def _read_documents(work: Work, months: list[str], tables: Sequence[str]) -> pl.DataFrame:
    """The columns that any of `tables` reads."""
    wanted = {column for table in tables for column in DOCUMENT_COLUMNS[table]}
    columns = ["published_month", *sorted(wanted)]
    documents = work.draft.read("documents", months, lambda rows: rows.select(columns))
    if documents is None:
        raise AssertionError(f"no documents in {months}")
    return documents


def _rebuild_table(
    work: Work, name: str, documents: pl.DataFrame, months: list[str]
) -> pl.DataFrame:
    """Write `months` of a table; gives what was found."""
    table = load_table(name)
    inputs = list_inputs(work.draft.tables, name, months)
    built = _build(work, name, documents, months)
    for month, rows in _split_months(built.rows, months):
        work.draft.write(
            table,
            month,
            rows,
            inputs=inputs[month],
            fingerprint=fingerprint_table(name),
            views=VIEWS.get(name),
        )
    return built.findings


def _split_months(rows: pl.DataFrame, months: list[str]) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each of `months`, in the order that they have; turned into Arrow all at once."""
    counts = dict(rows["published_month"].value_counts().iter_rows())
    by_month = rows.sort("published_month", maintain_order=True).drop("published_month")
    in_arrow = to_arrow(by_month)
    start = 0
    for month in months:
        count = counts.get(month, 0)
        yield month, in_arrow.slice(start, count)
        start += count


def _build(work: Work, name: str, documents: pl.DataFrame, months: list[str]) -> Built:
    documents = documents.select("published_month", *DOCUMENT_COLUMNS[name])
    is_wanted = documents["published_month"].is_in(months)
    # To filter copies nested rows, which are heavy: not where all of them are wanted.
    if not is_wanted.all():
        documents = documents.filter(is_wanted)
    if name == "articles":
        return build_articles(documents)
    articles = work.draft.read("articles", months, lambda rows: rows.select(ARTICLE_COLUMNS))
    if articles is None:
        articles = pl.DataFrame(schema=dict.fromkeys(ARTICLE_COLUMNS, pl.String))
    return BUILD_CHILD[name](documents, articles)


def _sum_sizes(work: Work, months: list[str]) -> list[int]:
    """The bytes of the raw files of each of `months`."""
    sizes = dict(work.files.group_by("published_month").agg(pl.col("size_bytes").sum()).iter_rows())
    return [sizes.get(month, 0) for month in months]
