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
        "source_path": derived(
            pl.String,
            "Path of its file below raw/, with slashes. It names a place, not a story: a site may "
            "put another article there.",
            is_required=True,
        ),
        "collection": derived(
            pl.String, "The whole parent folder below raw/; empty at the root.", is_required=True
        ),
        "category": text(
            "category", "The section of the site, like news; null if the file does not say."
        ),
        "type": text(
            "type",
            "What it is: article, video, newsletter, ...; may be null under the mapping web.",
            is_required=True,
        ),
        "title": text(
            "title",
            "Headline as written, with the spaces and entities that the file has. To compare or "
            "count titles, use title_text.",
            IS_NOT_BLANK,
            is_required=True,
            is_long_text=True,
        ),
        "title_text": derived(
            pl.String,
            "Headline as plain text: without markup, entities decoded, white space folded; null if "
            "nothing remains. Only a headline that closes a tag has markup, so List<T> stays.",
            is_long_text=True,
        ),
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
        "excerpt": text(
            "excerpt",
            "Teaser as written, markup included; null if the file has none.",
            is_long_text=True,
        ),
        "excerpt_text": derived(
            pl.String,
            "Teaser as plain text, without styles and scripts, white space folded; null if there "
            "is none or it is blank.",
            is_long_text=True,
        ),
        "published_at": timestamp(
            "publishedDateTime",
            "When it was published, in UTC; null if nothing says so. A day alone counts as its "
            "midnight in the time zone of the archive: use published_on to count days.",
            also_called=("date",),  # https://jekyllrb.com/docs/front-matter/
        ),
        "published_precision": derived(
            pl.String,
            "How the file writes published_at: with seconds, up to the minute, or as a date alone; "
            "null without published_at. It says nothing of how exact the time is: some archives "
            "write midnight, seconds included, where they know only the day.",
            IS_PRECISION,
        ),
        "published_on": derived(
            pl.Date,
            "Day of published_at in UTC. Where the file gives a day alone, that day as written, "
            "whatever the time zone; null without published_at.",
        ),
        "updated_at": timestamp(
            f"{MAPPED}updated",
            "When it was changed last, by the mapping web; null if it is unknown.",
        ),
        "original_url": url(
            "originalUrl", "Address that the publisher first gave; null if unknown."
        ),
        "web_url": url("webUrl", "Address of the page; null if unknown."),
        "amp_url": url("ampWebUrl", "Address of the AMP page; null if unknown."),
        "cdn_amp_url": url(
            "cdnAmpWebUrl", "Address of the AMP page in Google's cache; null if unknown."
        ),
        "canonical_url": derived(
            pl.String,
            "web_url, or else original_url, without tracking and fragment; null if both are null.",
        ),
        "url_id": derived(
            pl.String,
            "First 128 bits of the SHA-256 of canonical_url; null without it. Not unique: several "
            "files may have one address. related_links.target_url_id points here, so a join gives "
            "a link once for each of them.",
            IS_ID,
        ),
        "host": derived(
            pl.String,
            "Host of canonical_url in lower case, without www. and port; null without a host.",
        ),
        "provider_name": text(
            "provider.name",
            "Who published it, as written; null if the file does not say. One publisher may have "
            "several names or domains.",
        ),
        "provider_domain": text(
            "provider.domain", "Domain of the publisher, as written; null if the file has none."
        ),
        "topics": text_list(
            "topics",
            "Topics in the order of the file; empty, never null, if there are none. A site may "
            "give one topic to all its articles.",
            HAS_NO_NULL_ITEMS,
        ),
        "quality": integer(
            "quality",
            "Score that the site gave, higher is better, and 0 is a score; null if the file has "
            "none.",
        ),
        "heat": integer(
            "heat",
            "Score by which the site sorts, not a measure of popularity; null if the file has "
            "none. Archives of the news family mostly write quality + 20 for each related item on "
            "public articles, and -1 on hidden ones that tell the story of another article.",
        ),
        "is_published": boolean(
            "published",
            "Whether the file says that the site shows it; null if it does not say, and most sites "
            f"then show it. False for drafts: {DRAFT_KEY} is true, or they lie in {DRAFTS_FOLDER}. "
            "A site may hide an article since another one tells the same story. To count, use "
            "is_public.",
        ),
        "is_public": derived(
            pl.Boolean,
            "Whether the site shows it, never null: is_published is not false, and is_removed is "
            "false.",
            is_required=True,
        ),
        "is_removed": boolean(
            "removed",
            "Whether the file says that it was taken down; false, never null, if it does not say.",
            is_required=True,
        ),
        "featured_content": text(
            "featuredContent", "Featured text; null if it is blank.", is_long_text=True
        ),
        "body": text(
            f"{MAPPED}body",
            "Text after the front matter, or of the key that the mapping names; null if it is "
            "blank.",
            is_long_text=True,
        ),
        "image_count": derived(
            pl.Int32,
            "Images that the file lists for itself; 0 if none.",
            IS_NOT_NEGATIVE,
            is_required=True,
        ),
        "related_count": derived(
            pl.Int32,
            "Related items that the file lists; 0 if none.",
            IS_NOT_NEGATIVE,
            is_required=True,
        ),
        "extra": derived(
            pl.String,
            "JSON of the keys that have no column, by path; null if there are none.",
            is_long_text=True,
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
