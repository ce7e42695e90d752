"""What tables made from articles share: rows for valid articles, findings for the rest."""

from collections.abc import Callable

import polars as pl

from pipelines.tables.candidates import Candidates
from pipelines.tables.documents import PARTITION
from pipelines.tables.fields import Fields
from pipelines.tables.findings import complete_findings
from pipelines.tables.rows import Built, build_rows
from schemas.language.table import Table


def build_children(
    table: Table,
    fields: Fields,
    articles: pl.DataFrame,
    select: Callable[[Fields], Candidates],
    derive_texts: Callable[[pl.DataFrame], pl.DataFrame] = lambda texts: texts,
    derive_rows: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows,
) -> Built:
    """The rows of `table`, in its order, and the findings of its rows and of its orphans.

    Args:
        table: A table that is made from articles.
        fields: The fields of all documents.
        articles: The valid ones, in order.
        select: Gives every child of the documents, still as text. Its rows have `_document`, the
            row of their document, and need no order.
        derive_texts: As in `build_rows`.
        derive_rows: As in `build_rows`. Rows have the `_url_id` of their article.
    """
    texts, children = select(fields)
    families = _join_articles(children, fields.documents, articles)
    is_orphan = pl.col("_article").is_null()
    rows = families.filter(~is_orphan).sort("_article", *table.order)
    candidates = Candidates(texts, rows)
    # Documents of several zones may list the same item.
    zone = fields.mapping.time_zone
    time_zones = None if zone is None else pl.repeat(zone, texts.height, eager=True)
    built = build_rows(
        table,
        candidates,
        derive_texts,
        derive_rows,
        mapping=fields.mapping,
        time_zones=time_zones,
    )
    orphans = families.filter(is_orphan)
    if orphans.is_empty():
        return built
    return built._replace(findings=pl.concat([built.findings, _report_orphans(orphans, table)]))


def _join_articles(
    children: pl.DataFrame, documents: pl.DataFrame, articles: pl.DataFrame
) -> pl.DataFrame:
    """`children` with their article: its id, its rank `_article` and its `_url_id`.

    The last two are null if the article was rejected.
    """
    ranks = articles.select(article_id="article_id", _url_id="url_id").with_row_index("_article")
    parents = documents.select(
        PARTITION, article_id="document_id", _source_path="source_path"
    ).join(ranks, on="article_id", how="left", maintain_order="left")
    return children.hstack(parents.select(pl.all().gather(children["_document"])))


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
