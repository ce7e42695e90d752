"""related_links: every related item that a valid article lists."""

from functools import partial

import polars as pl

from pipelines.mapping.post_mapping import PostMapping
from pipelines.tables.candidates import Candidates
from pipelines.tables.children import build_children
from pipelines.tables.fields import Fields
from pipelines.tables.locality import complete_addresses
from pipelines.tables.rows import Built, key_columns
from pipelines.values.excerpts import strip_markups
from pipelines.values.urls import canonicalize_urls
from schemas.related_links import RELATED_LINKS


def build_related_links(fields: Fields, articles: pl.DataFrame) -> Built:
    """One row per related item of a valid article, in the order of the table."""
    return build_children(
        RELATED_LINKS,
        fields,
        articles,
        select_related_links,
        derive_targets,
        partial(derive_related_links, mapping=fields.mapping),
    )


def select_related_links(fields: Fields) -> Candidates:
    """Every related item of every document, still as text."""
    texts = fields.item_columns.select(
        **key_columns(RELATED_LINKS, pl.col),
        image_count=pl.col("images").list.len().fill_null(0).cast(pl.Int32),
    )
    rows = fields.list_uses().select(
        "_document",
        "position",
        _text="_item",
        _field_path=pl.format("related[{}]", "position"),
    )
    return Candidates(texts, rows)


def derive_targets(links: pl.DataFrame) -> pl.DataFrame:
    """Add the columns that depend on the item alone."""
    target = canonicalize_urls(links["web_url"])
    return links.with_columns(
        strip_markups(links["excerpt"]).alias("excerpt_text"),
        target["canonical_url"],
        target["url_id"].alias("target_url_id"),
    )


def derive_related_links(links: pl.DataFrame, mapping: PostMapping) -> pl.DataFrame:
    """Add the columns that depend on the article. A repeat has the target of an earlier item."""
    links = _complete_targets(links, mapping)
    has_target = pl.col("target_url_id").is_not_null()
    return links.with_columns(
        is_self=has_target & pl.col("target_url_id").eq_missing(pl.col("_url_id")),
        is_repeat=has_target & ~pl.struct("article_id", "target_url_id").is_first_distinct(),
    )


def _complete_targets(links: pl.DataFrame, mapping: PostMapping) -> pl.DataFrame:
    """`links` with the targets that their addresses mean on the site of their article."""
    addresses = links["web_url"]
    whole = complete_addresses(addresses, links["_source_path"], mapping)
    is_completed = (whole != addresses).fill_null(value=False)
    if not is_completed.any():
        return links
    target = canonicalize_urls(whole.filter(is_completed))
    rows = is_completed.arg_true()
    return links.with_columns(
        links["canonical_url"].scatter(rows, target["canonical_url"]),
        links["target_url_id"].scatter(rows, target["url_id"]),
    )
