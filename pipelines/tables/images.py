"""images: every image that a valid article refers to."""

import polars as pl

from pipelines.tables.children import build_children, explode_items
from pipelines.tables.rows import Built, key_columns
from schemas.images import IMAGES, OWNER


def build_images(documents: pl.DataFrame, articles: pl.DataFrame) -> Built:
    """One row per image of a valid article, in the order of the table."""
    return build_children(IMAGES, documents, articles, select_images)


def select_images(documents: pl.DataFrame) -> pl.DataFrame:
    """Every image of every document, still as text."""
    image = pl.col("_images").struct
    return (
        explode_items(_collect_lists(documents), "_images", "_index")
        .select(
            "owner",
            "related_position",
            "published_month",
            "_article",
            "_source_path",
            **key_columns(IMAGES, image.field),
            article_id="document_id",
            position=pl.col("_first") + pl.col("_index"),
            _field_path=pl.format("{}[{}]", "_list", "_index"),
        )
        .sort("_article", *IMAGES.order)
    )


def _collect_lists(documents: pl.DataFrame) -> pl.DataFrame:
    """One row per list of images.

    `_images` is the list, `_list` its field path, `_first` the position of its first image.
    """
    own = documents.with_columns(related_position=pl.lit(None, pl.Int32))
    related = explode_items(documents.drop("images", "provider"), "related", "related_position")
    item = pl.col("related").struct
    at = pl.col("related_position")
    return pl.concat(
        [
            _select_lists(own, "article", pl.lit("images"), pl.col("images")),
            _select_lists(
                own, "provider", pl.lit("provider.images"), _provider_images(pl.col("provider"))
            ),
            _select_lists(
                related, "related", pl.format("related[{}].images", at), item.field("images")
            ),
            _select_lists(
                related,
                "related",
                pl.format("related[{}].provider.images", at),
                _provider_images(item.field("provider")),
                first=item.field("images").list.len().fill_null(0),
            ),
        ]
    )


def _select_lists(
    frame: pl.DataFrame,
    owner: str,
    field_path: pl.Expr,
    images: pl.Expr,
    first: pl.Expr | int = 0,
) -> pl.DataFrame:
    return frame.select(
        "document_id",
        "published_month",
        "_article",
        "related_position",
        _source_path="source_path",
        owner=pl.lit(owner, OWNER),
        _images=images,
        _list=field_path,
        _first=first,
    ).cast({"_first": pl.Int32})


def _provider_images(provider: pl.Expr) -> pl.Expr:
    return provider.struct.field("images")
