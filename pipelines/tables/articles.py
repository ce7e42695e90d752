"""articles: the valid documents, typed."""

import polars as pl

from pipelines.documents.field_path import render_field_path
from pipelines.documents.fitting import render_json
from pipelines.documents.leftovers import (
    Leftover,
    describe_shape,
    list_leftovers,
    without_secrets,
)
from pipelines.documents.libyaml import describe_value
from pipelines.tables.drift import list_unknown_keys
from pipelines.tables.failures import FAILURE_TYPES, Failures
from pipelines.tables.rows import Built, build_rows, key_columns
from pipelines.values.excerpts import strip_markups
from pipelines.values.timestamps import is_bare_date
from pipelines.values.urls import canonicalize_urls
from schemas.articles import ARTICLES


def build_articles(documents: pl.DataFrame) -> Built:
    """One row per valid document, in the order of the table.

    `documents` are whole rows with their `published_month`.
    """
    leftovers = list(list_leftovers(documents))
    candidates = select_articles(documents, leftovers)
    built = build_rows(ARTICLES, candidates, derive_articles, _find_misshapen(leftovers))
    return built._replace(
        rows=built.rows.sort(ARTICLES.order, nulls_last=True),
        unknown_keys=list_unknown_keys(documents["source_path"], leftovers),
    )


def select_articles(documents: pl.DataFrame, leftovers: list[Leftover]) -> pl.DataFrame:
    """The article fields of every document, still as text."""
    extra: dict[int, dict[str, object]] = {}
    for leftover in leftovers:
        if leftover.shape is None and not leftover.is_secret:
            row = extra.setdefault(leftover.document, {})
            row[render_field_path(leftover.path)] = without_secrets(leftover.value)
    unknown = [render_json(extra[row]) if row in extra else None for row in range(documents.height)]
    published = pl.col(ARTICLES.keys["published_at"])
    return documents.select(
        "source_path",
        "collection",
        "body",
        "published_month",
        **key_columns(ARTICLES, pl.col),
        article_id="document_id",
        published_precision=pl.when(is_bare_date(published))
        .then(pl.lit("date"))
        .when(published.is_not_null())
        .then(pl.lit("second")),
        image_count=_count("images"),
        related_count=_count("related"),
        extra=pl.Series(unknown, dtype=pl.String),
        _source_path="source_path",
        _field_path=pl.lit(""),
    )


def derive_articles(articles: pl.DataFrame) -> pl.DataFrame:
    """Add the columns that are computed from typed ones."""
    address = articles.select(pl.coalesce("web_url", "original_url")).to_series()
    return articles.with_columns(
        strip_markups(articles["excerpt"]).alias("excerpt_text"),
        *canonicalize_urls(address).get_columns(),
        pl.col("is_removed").fill_null(value=False),
        _unless_blank("featured_content"),
        _unless_blank("body"),
    )


def _find_misshapen(leftovers: list[Leftover]) -> Failures:
    columns = {key: name for name, key in ARTICLES.keys.items()}
    rows = []
    for leftover in leftovers:
        if leftover.is_misshapen and leftover.shape is not None:
            rule, expected = describe_shape(leftover.shape)
            path = render_field_path(leftover.path)
            rows.append(
                (
                    leftover.document,
                    columns.get(path, path),
                    rule,
                    "error",
                    _as_text(leftover),
                    expected,
                )
            )
    return pl.DataFrame(rows, schema=FAILURE_TYPES, orient="row")


def _as_text(leftover: Leftover) -> str:
    """The value as it is shown: text as written, anything else as JSON.

    Of a secret, only its kind is shown.
    """
    if leftover.is_secret:
        return describe_value(leftover.value)
    value = without_secrets(leftover.value)
    return value if isinstance(value, str) else render_json(value)


def _count(column: str) -> pl.Expr:
    return pl.col(column).list.len().fill_null(0).cast(pl.Int32)


def _unless_blank(column: str) -> pl.Expr:
    return pl.when(pl.col(column).str.contains(r"\S")).then(column).alias(column)
