"""What tables made from articles share: rows for valid articles, findings for the rest."""

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from pipelines.tables.findings import complete_findings
from pipelines.tables.rows import Built, build_rows
from schemas.language.table import Table


def build_children(
    table: Table,
    documents: pl.DataFrame,
    articles: pl.DataFrame,
    select: Callable[[pl.DataFrame], pl.DataFrame],
    derive: Callable[[pl.DataFrame], pl.DataFrame] = lambda children: children,
) -> Built:
    """The rows of `table`, in its order, and the findings of its rows and of its orphans.

    Args:
        table: A table that is made from articles.
        documents: Whole rows with their `published_month`.
        articles: The valid ones, in order.
        select: Gives every child of some documents, still as text. Rows have `_article`, the rank
            of their article, and `_url_id`. Both are null if the article was rejected.
        derive: Adds the columns that are computed from typed ones.
    """
    families = _split_by_article(documents, articles)
    built = build_rows(table, select(families.valid), derive)
    if families.orphaned.is_empty():
        return built
    orphans = _report_orphans(select(families.orphaned), table)
    return built._replace(findings=pl.concat([built.findings, orphans]))


class _Families(NamedTuple):
    """Documents with a valid article, and the others. All have `_article` and `_url_id`."""

    valid: pl.DataFrame
    orphaned: pl.DataFrame


def _split_by_article(documents: pl.DataFrame, articles: pl.DataFrame) -> _Families:
    parents = articles.select(document_id="article_id", _url_id="url_id").with_row_index("_article")
    # Only the keys are joined, since documents are heavy.
    keys = documents.select("document_id").join(
        parents, on="document_id", how="left", maintain_order="left"
    )
    known = documents.hstack(keys.select("_article", "_url_id"))
    has_article = known["_article"].is_not_null()
    if has_article.all():
        return _Families(known, known.clear())
    return _Families(known.filter(has_article), known.filter(~has_article))


def explode_items(frame: pl.DataFrame, column: str, position: str) -> pl.DataFrame:
    """One row per item of the list `column`, with its place from 0 in `position`."""
    return (
        frame.filter(pl.col(column).list.len() > 0)
        .with_columns(pl.int_ranges(pl.col(column).list.len(), dtype=pl.Int32).alias(position))
        .explode(column, position)
    )


def _report_orphans(orphans: pl.DataFrame, table: Table) -> pl.DataFrame:
    """One finding for every rejected article whose children are left out."""
    counts = orphans.group_by(source_path="_source_path").agg(value=pl.len().cast(pl.String))
    return complete_findings(
        counts.with_columns(
            severity=pl.lit("error"),
            table_name=pl.lit(table.name),
            field_path=pl.lit(table.lists[0]),
            rule=pl.lit("article_is_valid"),
            expected=pl.lit("a valid article"),
            message=pl.format(
                f"{table.name.replace('_', ' ')} left out, since their article is rejected: {{}}",
                "value",
            ),
        )
    )
