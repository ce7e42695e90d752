"""rebuild: months of a table are made anew from documents, and for children from articles."""

import hashlib
from collections.abc import Collection, Iterator
from typing import Final

import polars as pl

from pipelines.articles import build_articles
from pipelines.children import PARENT_COLUMNS
from pipelines.fingerprints import fingerprint_table
from pipelines.images import build_images
from pipelines.related_links import build_related_links
from pipelines.rows import Built
from pipelines.work import Work
from schemas import load_table

GROUP_BYTES: Final = 8 * 1024 * 1024
"""Compressed documents that are typed at once; in memory they are about ten times as large."""


def rebuild_months(
    work: Work, name: str, months: dict[str, dict[str, str]], gone: Collection[str]
) -> None:
    """Make `months` of the table `name` anew, and leave out those that are `gone`.

    The value of each month is the record of its inputs.
    """
    table = load_table(name)
    for month in gone:
        work.draft.drop(name, month)
    # All at once and first: a document may have moved from one of these months to another.
    work.drop_findings(name, work.list_paths([*months, *gone]))
    done = 0
    for group in _split_groups(work, sorted(months)):
        built = _build(work, name, group)
        by_month = built.rows.partition_by("published_month", as_dict=True, include_key=False)
        for month in group:
            rows = by_month.get((month,), pl.DataFrame(schema=table.dtypes))
            work.draft.write(
                table,
                month,
                rows,
                inputs=months[month],
                fingerprint=fingerprint_table(name),
                parents_sha256=_hash_parents(rows) if name == "articles" else None,
            )
        work.add_findings(built.findings)
        done += len(group)
        work.on_progress(name, done, len(months))


def _build(work: Work, name: str, months: list[str]) -> Built:
    documents = work.draft.read("documents", months)
    if documents is None:
        raise AssertionError(f"{name}: no documents in {months}")
    if name == "articles":
        return build_articles(documents)
    build = {"images": build_images, "related_links": build_related_links}[name]
    articles = work.draft.read("articles", months, lambda rows: rows.select(PARENT_COLUMNS))
    if articles is None:
        articles = pl.DataFrame(schema=dict.fromkeys(PARENT_COLUMNS, pl.String))
    return build(documents, articles)


def _split_groups(work: Work, months: list[str]) -> Iterator[list[str]]:
    group: list[str] = []
    group_bytes = 0
    for month in months:
        month_bytes = work.draft.tables["documents"][month].bytes
        if group and group_bytes + month_bytes > GROUP_BYTES:
            yield group
            group, group_bytes = [], 0
        group.append(month)
        group_bytes += month_bytes
    if group:
        yield group


def _hash_parents(articles: pl.DataFrame) -> str:
    """A hash of what children read of `articles`: it changes only if they must be made anew."""
    rows = articles.select(pl.concat_str(PARENT_COLUMNS, separator=" ", ignore_nulls=True))
    return hashlib.sha256("\n".join(rows.to_series()).encode()).hexdigest()
