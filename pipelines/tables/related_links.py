"""related_links: every related item that a valid article lists."""

import polars as pl

from pipelines.tables.children import build_children, explode_items
from pipelines.tables.rows import Built, key_columns
from pipelines.values.excerpts import strip_markups
from pipelines.values.urls import canonicalize_urls
from schemas.related_links import RELATED_LINKS


def build_related_links(documents: pl.DataFrame, articles: pl.DataFrame) -> Built:
    """One row per related item of a valid article, in the order of the table."""
    return build_children(
        RELATED_LINKS, documents, articles, select_related_links, derive_related_links
    )


def select_related_links(documents: pl.DataFrame) -> pl.DataFrame:
    """Every related item of every document, still as text.

    `documents` have the `_url_id` of their article.
    """
    item = pl.col("related").struct
    return (
        explode_items(documents, "related", "position")
        .select(
            "position",
            "published_month",
            "_article",
            "_url_id",
            **key_columns(RELATED_LINKS, item.field),
            article_id="document_id",
            image_count=item.field("images").list.len().fill_null(0).cast(pl.Int32),
            _source_path="source_path",
            _field_path=pl.format("related[{}]", "position"),
        )
        .sort("_article", *RELATED_LINKS.order)
    )


def derive_related_links(links: pl.DataFrame) -> pl.DataFrame:
    """Add the columns that are computed from typed ones.

    A repeat has the target of an earlier item.
    """
    target = canonicalize_urls(links["web_url"])
    links = links.with_columns(
        strip_markups(links["excerpt"]).alias("excerpt_text"),
        target["canonical_url"],
        target["url_id"].alias("target_url_id"),
    )
    has_target = pl.col("target_url_id").is_not_null()
    return links.with_columns(
        is_self=has_target & pl.col("target_url_id").eq_missing(pl.col("_url_id")),
        is_repeat=has_target & ~pl.struct("article_id", "target_url_id").is_first_distinct(),
    )
