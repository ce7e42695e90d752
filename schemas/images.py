"""images: one row per image that a valid article refers to."""

import polars as pl

from schemas.language.references import Reference, refers
from schemas.language.rules import IS_ID, IS_NOT_NEGATIVE, RowRule
from schemas.language.table import Table, boolean, derived, integer, text, url

OWNER = pl.Enum(["article", "provider", "related"])

IMAGES = Table(
    name="images",
    grain="One row per image reference of a valid article.",
    made_from="articles",
    lists=("images", "provider.images", "related[].images", "related[].provider.images"),
    key=("article_id", "owner", "related_position", "position"),
    order=("owner", "related_position", "position"),
    matched_by=(pl.col("article_id"), pl.col("owner"), pl.col("url")),
    incidental=("related_position", "position"),
    references=(
        refers("article_id", "articles"),
        # A related item may be rejected and its images not.
        Reference(
            ("article_id", "related_position"),
            "related_links",
            ("article_id", "position"),
            is_complete=False,
        ),
    ),
    columns={
        "article_id": derived(pl.String, "The article that refers to it.", IS_ID, is_required=True),
        "owner": derived(
            OWNER,
            "Whose image it is: article, its own; provider, mostly a logo; or related, that of a "
            "related item. Most rows of a news archive are of related items, so filter by owner "
            "before you count.",
            is_required=True,
        ),
        "related_position": derived(
            pl.Int32,
            "Position of the related item; null unless owner is related.",
            IS_NOT_NEGATIVE,
        ),
        "position": derived(
            pl.Int32,
            "Place in its list, from 0; the images of a related item's provider run on after "
            "its own.",
            IS_NOT_NEGATIVE,
            is_required=True,
        ),
        "url": url("url", "Address of the image, possibly relative to the site.", is_required=True),
        "resolved_url": derived(
            pl.String, "url as a whole address, by the site of the archive; null if it is unknown."
        ),
        "width": integer("width", "Width in pixels; null if unknown.", IS_NOT_NEGATIVE),
        "height": integer("height", "Height in pixels; null if unknown.", IS_NOT_NEGATIVE),
        "is_cached": boolean("isCached", "The site keeps a copy; null if the file does not say."),
        "title": text("title", "Caption as written; null if there is none."),
        "attribution": text("attribution", "Credit as written; null if there is none."),
    },
    row_rules=(
        RowRule(
            "has_related_position_if_related",
            "related_position",
            (pl.col("owner") == "related") == pl.col("related_position").is_not_null(),
            "a related_position if owner is related, and none otherwise",
        ),
    ),
)
