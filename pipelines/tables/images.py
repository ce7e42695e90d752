"""images: every image that a valid article refers to."""

from functools import partial

import polars as pl

from pipelines.mapping.post_mapping import PostMapping
from pipelines.tables.candidates import Candidates
from pipelines.tables.children import build_children, explode_items
from pipelines.tables.fields import Fields
from pipelines.tables.locality import complete_addresses
from pipelines.tables.rows import Built, key_columns
from schemas.images import IMAGES, OWNER


def build_images(fields: Fields, articles: pl.DataFrame) -> Built:
    """One row per image of a valid article, in the order of the table."""
    return build_children(
        IMAGES,
        fields,
        articles,
        select_images,
        derive_rows=partial(derive_images, mapping=fields.mapping),
    )


def select_images(fields: Fields) -> Candidates:
    """Every image of every document, still as text.

    The images of a related item are those of every document that lists it.
    """
    own = _list_images(fields.columns)
    of_items = _list_images(fields.item_columns)
    uses = fields.list_uses().select("_document", related_position="position", _holder="_item")
    rows = own.with_row_index("_text").select(
        "_text",
        owner=pl.when(_list="images").then(pl.lit("article")).otherwise(pl.lit("provider")),
        related_position=pl.lit(None, pl.Int32),
        position="_index",
        _document="_holder",
        _field_path=pl.format("{}[{}]", "_list", "_index"),
    )
    related = uses.join(of_items.with_row_index("_text", own.height), on="_holder").select(
        "_text",
        "related_position",
        "_document",
        owner=pl.lit("related"),
        position=pl.col("_first") + pl.col("_index"),
        _field_path=pl.format("related[{}].{}[{}]", "related_position", "_list", "_index"),
    )
    return Candidates(
        texts=pl.concat([own, of_items]).select(
            **key_columns(IMAGES, pl.col("_image").struct.field)
        ),
        rows=pl.concat([rows, related], how="diagonal").cast({"owner": OWNER}),
    )


def derive_images(images: pl.DataFrame, mapping: PostMapping) -> pl.DataFrame:
    """Add the columns that depend on the article."""
    whole = complete_addresses(images["url"], images["_source_path"], mapping).str.strip_chars()
    is_whole = whole.str.contains(r"^(?i:https?://)")
    return images.with_columns(whole.set(~is_whole, None).alias("resolved_url"))


def _list_images(holders: pl.DataFrame) -> pl.DataFrame:
    """One row per image of a document or of an item, the rows of `holders`.

    `_holder` is that row, `_list` the field path of the list, `_index` the place there. `_first`
    is the number of images in the lists before it.
    """
    images = pl.col("images")
    own = holders.select(
        _holder=pl.int_range(pl.len(), dtype=pl.UInt32),
        _list=pl.lit("images"),
        _first=pl.lit(0, pl.Int32),
        _image=images,
    )
    provided = own.with_columns(
        _list=pl.lit("provider.images"),
        _first=holders.select(images.list.len().fill_null(0).cast(pl.Int32)).to_series(),
        _image=holders["provider"].struct.field("images"),
    )
    return explode_items(pl.concat([own, provided]), "_image", "_index")
