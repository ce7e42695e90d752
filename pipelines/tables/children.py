"""What the tables below articles share: children of valid articles are rows, orphans findings."""

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from pipelines.tables.findings import complete_findings
from pipelines.tables.rows import Built, build_rows
from schemas.language.table import Table


def build_children(
    table: Table,
    field_path: str,
    documents: pl.DataFrame,
    articles: pl.DataFrame,
    select: Callable[[pl.DataFrame], pl.DataFrame],
    derive: Callable[[pl.DataFrame], pl.DataFrame] = lambda children: children,
) -> Built:
    """The rows of `table`, in its order, and the findings of its rows and of the orphans.

    Args:
        table: A table of what articles have several of.
        field_path: Where an article lists its children.
        documents: Whole rows with their `published_month`.
        articles: The valid ones, in order.
        select: Gives every child of some documents, still as text. Of their article they know
            `_article`, its number, which orders them, and `_url_id`; null where it is rejected.
        derive: Adds the columns that are computed from typed ones.
    """
    families = _split_by_article(documents, articles)
    built = build_rows(table, select(families.valid), derive)
    if families.orphaned.is_empty():
        return built
    orphans = _report_orphans(select(families.orphaned), table, field_path)
    return built._replace(findings=pl.concat([built.findings, orphans]))


class _Families(NamedTuple):
    """Documents whose article is valid, and the others; all with `_article` and `_url_id`."""

    valid: pl.DataFrame
    orphaned: pl.DataFrame


def _split_by_article(documents: pl.DataFrame, articles: pl.DataFrame) -> _Families:
    parents = articles.select(document_id="article_id", _url_id="url_id").with_row_index("_article")
    # Joined by their keys alone, and left in their order: what they hold is heavy.
    keys = documents.select("document_id").join(
        parents, on="document_id", how="left", maintain_order="left"
    )
    known = documents.hstack(keys.select("_article", "_url_id"))
    has_article = known["_article"].is_not_null()
    if has_article.all():
        return _Families(known, known.clear())
    return _Families(known.filter(has_article), known.filter(~has_article))


def explode_items(frame: pl.DataFrame, column: str, position: str) -> pl.DataFrame:
    """One row per item of the list `column`, its place from 0 in `position`."""
    return (
        frame.filter(pl.col(column).list.len() > 0)
        .with_columns(pl.int_ranges(pl.col(column).list.len(), dtype=pl.Int32).alias(position))
        .explode(column, position)
    )


def _report_orphans(orphans: pl.DataFrame, table: Table, field_path: str) -> pl.DataFrame:
    """One finding for every rejected article whose children, `orphans`, are left out."""
    counts = orphans.group_by(source_path="_source_path").agg(value=pl.len().cast(pl.String))
    return complete_findings(
        counts.with_columns(
            severity=pl.lit("error"),
            table_name=pl.lit(table.name),
            field_path=pl.lit(field_path),
            rule=pl.lit("article_is_valid"),
            expected=pl.lit("a valid article"),
            message=pl.format(
                f"{table.name.replace('_', ' ')} left out, since their article is rejected: {{}}",
                "value",
            ),
        )
    )
