"""related_links: one row per related item of a valid article."""

import polars as pl

from schemas.language.references import refers
from schemas.language.rules import IS_ID, IS_NOT_NEGATIVE
from schemas.language.table import Table, derived, integer, text, timestamp, url

RELATED_LINKS = Table(
    name="related_links",
    grain="One row per related item of a valid article.",
    made_from="articles",
    lists=("related",),
    key=("article_id", "position"),
    order=("position",),
    matched_by=(pl.col("article_id"), pl.col("canonical_url")),
    incidental=("position",),
    references=(
        refers("article_id", "articles"),
        # Most targets are articles of the archive, but some are not, and some addresses have two.
        refers("target_url_id", "articles", "url_id", is_complete=False),
    ),
    columns={
        "article_id": derived(pl.String, "The article that lists it.", IS_ID, is_required=True),
        "position": derived(
            pl.Int32, "Place in the article's list, from 0.", IS_NOT_NEGATIVE, is_required=True
        ),
        "title": text(
            "title", "Headline as written; null if the item has none.", is_long_text=True
        ),
        "excerpt": text(
            "excerpt", "Teaser as written, markup included; null if none.", is_long_text=True
        ),
        "excerpt_text": derived(
            pl.String,
            "Teaser as plain text, without styles and scripts, white space folded; null if there "
            "is none or it is blank.",
            is_long_text=True,
        ),
        "published_at": timestamp(
            "publishedDateTime",
            "When the target was published, in UTC; null if the item does not say.",
        ),
        "web_url": url("webUrl", "Address of the target.", is_required=True),
        "amp_url": url("ampWebUrl", "Address of its AMP page; null if unknown."),
        "cdn_amp_url": url(
            "cdnAmpWebUrl", "Address of its AMP page in Google's cache; null if unknown."
        ),
        "canonical_url": derived(pl.String, "web_url without tracking and fragment."),
        "target_url_id": derived(
            pl.String,
            "First 128 bits of the SHA-256 of canonical_url. It joins to articles.url_id, which is "
            "not unique, so a link to a shared address joins to several articles.",
            IS_ID,
        ),
        "type": text("type", "What the target is: article, video, ...; null if unknown."),
        "provider_name": text("provider.name", "Who published the target; null if unknown."),
        "provider_domain": text("provider.domain", "Domain of its publisher; null if unknown."),
        "quality": integer(
            "quality", "Score that the site gave the target, higher is better; null if unknown."
        ),
        "image_count": derived(
            pl.Int32, "Images that the item lists for itself.", IS_NOT_NEGATIVE, is_required=True
        ),
        "is_self": derived(pl.Boolean, "It points to the article that lists it.", is_required=True),
        "is_repeat": derived(
            pl.Boolean, "An earlier link of the article has the same target.", is_required=True
        ),
    },
)
