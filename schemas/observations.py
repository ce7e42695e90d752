"""observations: what runs saw of the articles, and when it changed."""

import polars as pl

from schemas.language.references import refers
from schemas.language.rules import IS_ID, IS_NOT_NEGATIVE
from schemas.language.table import UTC_TIMESTAMP, Table, derived

OBSERVATIONS = Table(
    name="observations",
    grain="One row for each time that an article at its address was seen with other values than "
    "before. No run removes a row.",
    made_from="history",
    key=("article_id", "url_id", "observed_at", "source_time"),
    order=("article_id", "url_id", "observed_at", "source_time"),
    is_partitioned=False,
    references=(
        # Files are deleted, and addresses change.
        refers("article_id", "articles", is_complete=False),
        refers("url_id", "articles", is_complete=False),
    ),
    columns={
        "article_id": derived(
            pl.String,
            "Points to articles, whose file may be gone by now. A file may be rewritten for "
            "another page, so follow an article together with its url_id.",
            IS_ID,
            is_required=True,
        ),
        "url_id": derived(pl.String, "The address that it had then; null if it had none.", IS_ID),
        "observed_at": derived(
            UTC_TIMESTAMP,
            "When a run saw the values first: the moment when it began to look at the files.",
            is_required=True,
        ),
        "source_time": derived(
            UTC_TIMESTAMP,
            "When they came into the archive, as its history says, like the time of a commit; "
            "null if nothing says so.",
        ),
        "heat": derived(pl.Int32, "The heat of the file then; null if it gave none."),
        "quality": derived(pl.Int32, "Score then; null if the file gave none."),
        "is_public": derived(
            pl.Boolean,
            "Whether the site showed it then: not hidden, no draft, not removed.",
            is_required=True,
        ),
        "related_count": derived(
            pl.Int32,
            "Related items that the file listed then.",
            IS_NOT_NEGATIVE,
            is_required=True,
        ),
    },
)
