"""articles: the valid documents, typed."""

from functools import partial

import polars as pl

from pipelines.documents.field_path import render_field_path
from pipelines.documents.json_text import render_json
from pipelines.documents.libyaml import describe_value
from pipelines.mapping.post_mapping import PostMapping
from pipelines.tables.candidates import Candidates
from pipelines.tables.casting import read_boolean
from pipelines.tables.documents import ITEMS, PARTITION
from pipelines.tables.drift import list_unknown_keys
from pipelines.tables.failures import FAILURE_TYPES, Failures
from pipelines.tables.fields import Fields
from pipelines.tables.leftovers import Leftover, describe_shape, without_secrets
from pipelines.tables.locality import complete_addresses, list_time_zones
from pipelines.tables.own_columns import extend_articles
from pipelines.tables.rows import Built, build_rows, key_columns
from pipelines.values.excerpts import strip_markups, strip_titles
from pipelines.values.timestamps import read_precision, read_written_day
from pipelines.values.urls import canonicalize_urls, read_host
from schemas.articles import ARTICLES, DRAFT_KEY, DRAFTS_FOLDER
from schemas.language.table import Table


def build_articles(fields: Fields) -> Built:
    """One row per valid document, in the order of the table."""
    table = extend_articles(fields.mapping.columns)
    source_paths = fields.documents["source_path"]
    built = build_rows(
        table,
        select_articles(fields, table),
        partial(derive_articles, source_paths=source_paths, mapping=fields.mapping),
        mapping=fields.mapping,
        time_zones=list_time_zones(source_paths, fields.mapping),
        known=_find_misshapen(fields.leftovers, table),
    )
    return built._replace(
        rows=built.rows.sort(table.order, nulls_last=True),
        unknown_keys=list_unknown_keys(source_paths, fields.leftovers, fields.mapping),
    )


def select_articles(fields: Fields, table: Table) -> Candidates:
    """The article fields of every document, still as text."""
    keyed = key_columns(table, pl.col)
    mapped_body = fields.columns.select(keyed.pop("body")).to_series()
    written = pl.col(ARTICLES.keys["published_at"])
    texts = fields.columns.select(
        **keyed,
        published_precision=read_precision(written),
        _written_day=read_written_day(written),
        _is_draft=_find_drafts(fields),
        image_count=pl.col("images").list.len().fill_null(0).cast(pl.Int32),
    )
    rows = fields.documents.select(
        "archive",
        "source_path",
        "collection",
        PARTITION,
        pl.coalesce(_unless_blank(pl.lit(mapped_body)), _unless_blank(pl.col("body"))).alias(
            "body"
        ),
        article_id="document_id",
        related_count=pl.col(ITEMS).list.len().fill_null(0).cast(pl.Int32),
        extra=_render_extra(fields),
        _source_path="source_path",
        _field_path=pl.lit(""),
        _text=pl.int_range(pl.len(), dtype=pl.UInt32),
    )
    return Candidates(texts, rows)


def derive_articles(
    articles: pl.DataFrame, source_paths: pl.Series, mapping: PostMapping
) -> pl.DataFrame:
    """Add the columns that are computed from typed ones."""
    address = articles.select(pl.coalesce("web_url", "original_url")).to_series()
    whole = complete_addresses(address, source_paths, mapping)
    is_dated = pl.col("published_at").is_not_null()
    return articles.with_columns(
        strip_titles(articles["title"]).alias("title_text"),
        strip_markups(articles["excerpt"]).alias("excerpt_text"),
        *canonicalize_urls(whole).get_columns(),
        pl.when(is_dated).then("published_precision").alias("published_precision"),
        pl.when("_is_draft").then(False).otherwise("is_published").alias("is_published"),
        pl.col("is_removed").fill_null(value=False),
        _unless_blank(pl.col("featured_content")),
    ).with_columns(
        published_on=pl.when(is_dated).then(
            pl.coalesce("_written_day", pl.col("published_at").dt.date())
        ),
        host=read_host(pl.col("canonical_url")),
        is_public=pl.col("is_published").ne_missing(pl.lit(value=False)) & ~pl.col("is_removed"),
    )


def _find_drafts(fields: Fields) -> pl.Series:
    """Which documents are drafts, by their folder or by a key that has no column of its own."""
    said: list[str | None] = [None] * fields.documents.height
    for leftover in fields.leftovers:
        if leftover.path == (DRAFT_KEY,) and isinstance(leftover.value, str):
            said[leftover.row] = leftover.value
    in_folder = pl.concat_str(pl.lit("/"), "source_path").str.contains(f"/{DRAFTS_FOLDER}/")
    is_draft = in_folder | read_boolean(pl.lit(pl.Series(said, dtype=pl.String)))
    return fields.documents.select(is_draft.fill_null(value=False)).to_series()


def _render_extra(fields: Fields) -> pl.Series:
    """JSON of the keys of every document that have no column, by path; null if there are none."""
    extra: dict[int, dict[str, object]] = {}
    for leftover in fields.leftovers:
        if leftover.shape is None and not leftover.is_secret:
            row = extra.setdefault(leftover.row, {})
            row[render_field_path(leftover.path)] = without_secrets(leftover.value)
    rendered = [
        render_json(extra[row]) if row in extra else None for row in range(fields.documents.height)
    ]
    return pl.Series(rendered, dtype=pl.String)


def _find_misshapen(leftovers: list[Leftover], table: Table) -> Failures:
    columns = {key: name for name, key in table.keys.items()}
    rows = []
    for leftover in leftovers:
        if leftover.is_misshapen and leftover.shape is not None:
            rule, expected = describe_shape(leftover.shape)
            path = render_field_path(leftover.path)
            column = columns.get(path, path)
            rows.append((leftover.row, column, rule, "error", _as_text(leftover), expected))
    return pl.DataFrame(rows, schema=FAILURE_TYPES, orient="row")


def _as_text(leftover: Leftover) -> str:
    """The value as it is shown: text as written, anything else as JSON.

    Of a secret, only its kind is shown.
    """
    if leftover.is_secret:
        return describe_value(leftover.value)
    value = without_secrets(leftover.value)
    return value if isinstance(value, str) else render_json(value)


def _unless_blank(text: pl.Expr) -> pl.Expr:
    return pl.when(text.str.contains(r"\S")).then(text)
