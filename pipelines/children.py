"""What the tables below articles share: their parents, their items, and the orphans."""

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from pipelines.findings import complete_findings
from schemas.findings import FINDINGS
from schemas.table import Table


class Families(NamedTuple):
    """Documents whose article is valid, and the others.

    Both have the columns of `documents`, `published_month` and of their article `_article`, its
    number, which orders them, and `_url_id`; null where there is none.
    """

    valid: pl.DataFrame
    orphaned: pl.DataFrame


def split_by_article(documents: pl.DataFrame, articles: pl.DataFrame) -> Families:
    """Tell the documents with an article from those without; `articles` gives the order."""
    parents = articles.select(document_id="article_id", _url_id="url_id").with_row_index("_article")
    # Joined by their keys alone, and left in their order: what they hold is heavy.
    keys = documents.select("document_id").join(
        parents, on="document_id", how="left", maintain_order="left"
    )
    known = documents.hstack(keys.select("_article", "_url_id"))
    has_article = known["_article"].is_not_null()
    if has_article.all():
        return Families(known, known.clear())
    return Families(known.filter(has_article), known.filter(~has_article))


def explode_items(frame: pl.DataFrame, column: str, position: str) -> pl.DataFrame:
    """One row per item of the list `column`, its place from 0 in `position`."""
    return (
        frame.filter(pl.col(column).list.len() > 0)
        .with_columns(pl.int_ranges(pl.col(column).list.len(), dtype=pl.Int32).alias(position))
        .explode(column, position)
    )


def report_orphans(
    orphaned: pl.DataFrame,
    select: Callable[[pl.DataFrame], pl.DataFrame],
    table: Table,
    field_path: str,
) -> pl.DataFrame:
    """One finding for every rejected article whose children are left out; `select` finds them."""
    if orphaned.is_empty():
        return pl.DataFrame(schema=FINDINGS.dtypes)
    candidates = select(orphaned)
    counts = candidates.group_by(source_path="_source_path").agg(value=pl.len().cast(pl.String))
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
