"""Before you count: what makes a plain query give a wrong answer without a word."""

from collections.abc import Collection
from typing import Any, Final, NamedTuple

from pipelines.reports.catalog.asking import Ask


class Trap(NamedTuple):
    """One trap. `figure` is SQL that counts in one row, as `part` of `whole`, what `found` names.

    Names of columns and views stand between backticks. `needs` is a table that not every snapshot
    has.
    """

    title: str
    text: str
    advice: str
    figure: str
    found: str
    needs: str = "articles"


TRAPS: Final = (
    Trap(
        "One address, several articles",
        "`url_id` is not unique: two files can have one address. A join on it repeats rows, so "
        "that sums and rankings become too high.",
        "Join on `article_id`. Follow links with `link_targets`, where each finds one article.",
        "SELECT count(*) FILTER (n > 1) AS part, count(*) AS whole FROM (SELECT count(*) OVER "
        "(PARTITION BY url_id) AS n FROM articles WHERE url_id IS NOT NULL)",
        "Articles that share their address",
    ),
    Trap(
        "Null is not false",
        "`is_published` is null where the file does not say, and most sites then show the article. "
        "`WHERE is_published` leaves all of these out.",
        "Count with `is_public`, which is never null.",
        "SELECT count(*) FILTER (is_published IS NULL) AS part, count(*) AS whole FROM articles "
        "WHERE is_public",
        "Public articles that do not say so",
    ),
    Trap(
        "Whose image it is",
        "`images` holds the images of articles, of their providers and of their related items. "
        "Most are not the article's own.",
        "Use `article_images`, or say `WHERE owner = 'article'`.",
        "SELECT count(*) FILTER (owner = 'article') AS part, count(*) AS whole FROM images",
        "Images that are the article's own",
        "images",
    ),
    Trap(
        "The month that is no month",
        "Articles without a date lie in the folder `published_month=unknown`, which sorts after "
        "every month. In the views their month is null.",
        "Use the views. In Parquet files, leave out `unknown` before you compare months.",
        "SELECT count(*) FILTER (published_month IS NULL) AS part, count(*) AS whole FROM articles",
        "Articles without a month",
    ),
    Trap(
        "Whose midnight",
        "`published_at` is in UTC. From Parquet files, DuckDB and Spark show it in the time zone "
        "of your session, and days and months shift.",
        "Count days with `published_on`. The views show UTC in every session.",
        "SELECT count(*) FILTER (published_at::TIME < TIME '08:00') AS part, count(*) AS whole "
        "FROM articles WHERE published_at IS NOT NULL",
        "Dated articles that move to the day before at UTC-8",
    ),
    Trap(
        "Heat is a score, not an audience",
        "`heat` is what the site computed to sort its articles: mostly `quality` and 20 for each "
        "related item. It measures no reader. Most hidden articles have -1.",
        "Leave out `heat < 0` before you average, and do not call it popularity.",
        "SELECT count(*) FILTER (heat < 0) AS part, count(heat) AS whole FROM articles",
        "Articles with a heat below 0",
    ),
    Trap(
        "Hidden means: a sibling is shown",
        "A site shows one article of a story and hides the others. Most hidden articles are "
        "neither bad nor withdrawn.",
        "Say which you count: all articles, those with `is_public`, or `stories`.",
        "SELECT count(*) FILTER (related_count > 0) AS part, count(*) AS whole FROM articles "
        "WHERE NOT is_public",
        "Hidden articles that name others of their story",
    ),
    Trap(
        "A path is a place, not an identity",
        "`article_id` comes from the path of the file. A site may write the article of another "
        "outlet into the same file.",
        "Follow an article through time by `article_id` and `url_id` together.",
        "SELECT count(*) FILTER (n > 1) AS part, count(*) AS whole FROM "
        "(SELECT count(DISTINCT url_id) AS n FROM observations GROUP BY article_id)",
        "Articles that have had several addresses",
        "observations",
    ),
)
"""In fixed wording, so that people who have read them once know them again."""


def list_traps(ask: Ask, tables: Collection[str]) -> list[dict[str, Any]]:
    """The traps of a snapshot that has these tables, and how much of it each touches."""
    return [
        {
            "title": trap.title,
            "text": trap.text,
            "advice": trap.advice,
            "found": f"{trap.found}: {row['part']:,} of {row['whole']:,}.",
            "is_here": row["part"] > 0,
        }
        for trap in TRAPS
        if trap.needs in tables
        for row in ask(trap.figure)
    ]
