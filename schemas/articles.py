"""articles: one row per valid document."""

from typing import Final

import polars as pl

from schemas.language.archive import MAPPED
from schemas.language.references import refers
from schemas.language.rules import (
    HAS_NO_NULL_ITEMS,
    IS_ID,
    IS_NOT_BLANK,
    IS_NOT_NEGATIVE,
    IS_PRECISION,
    RowRule,
)
from schemas.language.table import (
    Table,
    boolean,
    derived,
    integer,
    text,
    text_list,
    timestamp,
    url,
)

DRAFT_KEY: Final = "draft"
DRAFTS_FOLDER: Final = "_drafts"
"""A post is a draft if this key of it is true, or it lies in such a folder: no site shows it."""

ARTICLES = Table(
    name="articles",
    grain="One row per valid document.",
    made_from="documents",
    key=("article_id",),
    order=("published_at", "article_id"),
    dated_by="published_at",
    references=(
        refers("article_id", "documents", "document_id"),
        refers("source_path", "files"),
    ),
    columns={
        "article_id": derived(pl.String, "The document_id of its file.", IS_ID, is_required=True),
        "archive": derived(
            pl.String,
            "Name of its archive, if the settings name several; null if there is only one.",
        ),
        "source_path": derived(pl.String, "Path below raw/, with slashes.", is_required=True),
        "collection": derived(
            pl.String, "The whole parent folder below raw/; empty at the root.", is_required=True
        ),
        "category": text("category", "The section of the site, like news."),
        "type": text(
            "type",
            "What it is: article, video, newsletter, ...; may be null under the mapping web.",
            is_required=True,
        ),
        "title": text("title", "Headline as written.", IS_NOT_BLANK, is_required=True),
        "slug": text(
            f"{MAPPED}slug",
            "Short name in the address of the page, by the mapping web; null if it is unknown.",
        ),
        "language": text(
            f"{MAPPED}language",
            "Language of the text as written, like en, by the mapping web; null if it is unknown.",
        ),
        "authors": text_list(
            f"{MAPPED}authors",
            "Authors in the order of the file, by the mapping web; empty if there are none.",
        ),
        "excerpt": text("excerpt", "Teaser as written, markup included."),
        "excerpt_text": derived(
            pl.String,
            "Teaser as plain text, without styles and scripts, white space folded; null if blank.",
        ),
        "published_at": timestamp(
            "publishedDateTime",
            "When it was published; null if nothing says so.",
            also_called=("date",),  # https://jekyllrb.com/docs/front-matter/
        ),
        "published_precision": derived(
            pl.String,
            "second, or minute or date where the file gives no more; null without published_at.",
            IS_PRECISION,
        ),
        "updated_at": timestamp(
            f"{MAPPED}updated",
            "When it was changed last, by the mapping web; null if it is unknown.",
        ),
        "original_url": url("originalUrl", "Address that the publisher first gave."),
        "web_url": url("webUrl", "Address of the page."),
        "amp_url": url("ampWebUrl", "Address of the AMP page."),
        "cdn_amp_url": url("cdnAmpWebUrl", "Address of the AMP page in Google's cache."),
        "canonical_url": derived(
            pl.String,
            "web_url, or else original_url, without tracking and fragment; null if both are null.",
        ),
        "url_id": derived(
            pl.String,
            "First 128 bits of the SHA-256 of canonical_url: what related_links.target_url_id "
            "points to; not unique.",
            IS_ID,
        ),
        "provider_name": text("provider.name", "Who published it."),
        "provider_domain": text("provider.domain", "Domain of the publisher."),
        "topics": text_list(
            "topics", "Topics in the order of the file; empty if there are none.", HAS_NO_NULL_ITEMS
        ),
        "quality": integer("quality", "Score that the site gave, higher is better."),
        "heat": integer("heat", "Popularity that the site measured; -1 on hidden articles."),
        "is_published": boolean(
            "published",
            "Shown on the site; null if the file does not say: most sites then show it. Drafts are "
            f"not shown: {DRAFT_KEY} is true, or they lie in {DRAFTS_FOLDER}.",
        ),
        "is_removed": boolean(
            "removed", "Taken down; false if the file does not say.", is_required=True
        ),
        "featured_content": text("featuredContent", "Featured text; null if it is blank."),
        "body": text(
            f"{MAPPED}body",
            "Text after the front matter, or of the key that the mapping names; null if it is "
            "blank.",
        ),
        "image_count": derived(
            pl.Int32, "Images that the file lists for itself.", IS_NOT_NEGATIVE, is_required=True
        ),
        "related_count": derived(
            pl.Int32, "Related items that the file lists.", IS_NOT_NEGATIVE, is_required=True
        ),
        "extra": derived(
            pl.String, "JSON of the keys that have no column, by path; null if there are none."
        ),
    },
    row_rules=(
        RowRule(
            "is_dated_if_news",
            "published_at",
            pl.col("category").ne_missing("news") | pl.col("published_at").is_not_null(),
            "a date, since the category is news",
        ),
    ),
)
