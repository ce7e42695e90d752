"""rebuild: months of the tables are made anew, a group of months at a time, parents first."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.
import pyarrow.compute as pc  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.articles import build_articles
from pipelines.documents import build_documents
from pipelines.fingerprints import fingerprint_table
from pipelines.fitting import frame_fitted
from pipelines.images import build_images
from pipelines.months import add_month
from pipelines.related_links import build_related_links
from pipelines.rows import Built
from pipelines.staleness import DOCUMENT_COLUMNS, PARENT_COLUMNS, list_inputs, list_stale
from pipelines.work import Work
from schemas import load_table
from schemas.documents import DOCUMENTS

GROUP_BYTES: Final = 24 * 1024 * 1024
"""Raw files whose documents a thread has in memory at once."""
MAX_THREADS: Final = 2
"""Polars has threads of its own; a second one here keeps them busy while Python is."""
_PARENT_VIEWS: Final = {"images": PARENT_COLUMNS, "related_links": PARENT_COLUMNS}


def rebuild_months(work: Work, tables: Sequence[str], forced: Collection[str]) -> None:
    """Write the documents that were ingested, and make anew what of `tables` is stale.

    Args:
        work: The work of the run.
        tables: Those to be made anew, parents first.
        forced: The months of which the first of them is made anew, stale or not.
    """
    months = sorted({*work.draft.tables["documents"], *work.changed_months})
    groups = list(_split_groups(work, months))
    done = 0
    with ThreadPoolExecutor(MAX_THREADS) as executor:
        rebuild = partial(_rebuild_group, work, tables, forced)
        for group, rebuilt in zip(groups, executor.map(rebuild, groups), strict=True):
            for name, table_months, findings in rebuilt:
                work.drop_findings(work.list_paths(table_months), name)
                work.add_findings(findings)
            done += len(group)
            work.on_progress("rebuild", done, len(months))


class Rebuilt(NamedTuple):
    """Months of a table that were made anew, and what was found in them."""

    table: str
    months: list[str]
    findings: pl.DataFrame


def _rebuild_group(
    work: Work, tables: Sequence[str], forced: Collection[str], group: list[str]
) -> list[Rebuilt]:
    """Write all that is to be made anew of `group`; of `work` it touches only these months."""
    changed = [month for month in group if month in work.changed_months]
    documents = _replace_documents(work, changed) if changed else None
    in_memory = set(changed)
    rebuilt = []
    for name in tables:
        stale = list_stale(work.draft.tables, name, group)
        months = [
            month for month in group if month in stale or (name == tables[0] and month in forced)
        ]
        if not months:
            continue
        if documents is None or not in_memory.issuperset(months):
            documents = _read_documents(work, months)
            in_memory = set(months)
        findings = _rebuild_table(work, name, documents, months)
        rebuilt.append(Rebuilt(name, months, findings))
    return rebuilt


def _replace_documents(work: Work, months: list[str]) -> pl.DataFrame:
    """Write `months` of documents: those they had, less the changed, and those just parsed."""
    documents = pa.concat_tables([*_read_parsed(work, months), *_read_kept(work, months)])
    order = (
        add_month(pl.DataFrame(documents.select(["source_path", "publishedDateTime"])))
        .with_row_index("row")
        .filter(pl.col("published_month").is_in(months))
        .sort("published_month", "source_path")
    )
    # As they were parsed, documents are in order, but for those that are of another month in UTC.
    if not order["row"].equals(pl.int_range(len(documents), dtype=pl.UInt32, eager=True)):
        documents = documents.take(order["row"].to_arrow())
    fingerprint = fingerprint_table("documents")
    counts = dict(order["published_month"].value_counts().iter_rows())
    start = 0
    for month in months:
        if month not in counts:
            work.draft.drop("documents", month)
            continue
        rows = documents.slice(start, counts[month])
        start += len(rows)
        hashes = zip(
            *(rows[name].to_pylist() for name in ("source_path", "content_sha256")), strict=True
        )
        files = "\n".join(f"{source_path} {sha256}" for source_path, sha256 in hashes)
        inputs = {"files": hashlib.sha256(files.encode()).hexdigest()}
        work.draft.write(
            DOCUMENTS,
            month,
            rows,
            inputs=inputs,
            fingerprint=fingerprint,
            views=DOCUMENT_COLUMNS,
        )
    return pl.DataFrame(documents).with_columns(order["published_month"])


def _read_parsed(work: Work, months: list[str]) -> Iterator[pa.Table]:
    yield build_documents([], frame_fitted([]), [])
    for path in sorted({path for month in months for path in work.parsed.get(month, ())}):
        with pa.memory_map(str(path)) as file:
            rows = pa.ipc.open_file(file).read_all()
        work.is_drifting |= _has_extra(rows)
        yield rows


def _read_kept(work: Work, months: list[str]) -> Iterator[pa.Table]:
    """The documents of `months` that the last run left and this one does not replace."""
    changed = pa.array(work.changed_paths, pa.string())
    for rows in work.draft.read_arrow("documents", months):
        is_replaced = pc.is_in(rows["source_path"], changed)
        work.is_drifting |= _has_extra(rows.filter(is_replaced))
        kept = rows.filter(pc.invert(is_replaced))
        # After a change of the code none are kept, and their columns may be others.
        if len(kept):
            yield kept


def _has_extra(documents: pa.Table) -> bool:
    extra = documents["extra"]
    return bool(extra.null_count < len(extra))


def _read_documents(work: Work, months: list[str]) -> pl.DataFrame:
    documents = work.draft.read("documents", months)
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
    by_month = built.rows.partition_by("published_month", as_dict=True, include_key=False)
    for month in months:
        rows = by_month.get((month,), pl.DataFrame(schema=table.dtypes))
        work.draft.write(
            table,
            month,
            rows,
            inputs=inputs[month],
            fingerprint=fingerprint_table(name),
            views=_PARENT_VIEWS if name == "articles" else {},
        )
    return built.findings


def _build(work: Work, name: str, documents: pl.DataFrame, months: list[str]) -> Built:
    documents = documents.filter(pl.col("published_month").is_in(months)).select(
        "published_month", *DOCUMENT_COLUMNS[name]
    )
    if name == "articles":
        return build_articles(documents)
    build = {"images": build_images, "related_links": build_related_links}[name]
    articles = work.draft.read("articles", months, lambda rows: rows.select(PARENT_COLUMNS))
    if articles is None:
        articles = pl.DataFrame(schema=dict.fromkeys(PARENT_COLUMNS, pl.String))
    return build(documents, articles)


def _split_groups(work: Work, months: list[str]) -> Iterator[list[str]]:
    sizes = dict(work.files.group_by("published_month").agg(pl.col("size_bytes").sum()).iter_rows())
    group: list[str] = []
    group_bytes = 0
    for month in months:
        month_bytes = sizes.get(month, 0)
        if group and group_bytes + month_bytes > GROUP_BYTES:
            yield group
            group, group_bytes = [], 0
        group.append(month)
        group_bytes += month_bytes
    if group:
        yield group
