"""Before you count: what makes a plain query give a wrong answer without a word."""

from typing import Any, Final, NamedTuple

from pipelines.reports.catalog.asking import Ask
from pipelines.reports.text import count_noun


class Trap(NamedTuple):
    """One trap. `figure` is SQL that says in one row how much of this snapshot it touches."""

    name: str
    title: str
    text: str
    advice: str
    figure: str
    measure: str


TRAPS: Final = (
    Trap(
        "address",
        "One address, several articles",
        "url_id is not unique: two files can have one address. A join on it repeats rows, and sums "
        "and rankings become too high.",
        "Join on article_id. To follow links, use link_targets: each link finds one article.",
        "SELECT coalesce(sum(n), 0)::BIGINT AS part, count(*) AS whole FROM "
        "(SELECT count(*) AS n FROM articles WHERE url_id IS NOT NULL GROUP BY url_id HAVING n > 1)",
        "{part} articles share {whole} addresses.",
    ),
    Trap(
        "public",
        "Not published is not the same as null",
        "is_published is null where the file does not say. Most sites then show the post. WHERE "
        "is_published leaves all of these out.",
        "Count with is_public, which is never null.",
        "SELECT count(*) FILTER (is_published IS NULL) AS part, count(*) AS whole FROM articles "
        "WHERE is_public",
        "Of {whole} public articles, {part} do not say whether they are published.",
    ),
    Trap(
        "owner",
        "Whose image it is",
        "images has the images of articles, of their providers and of related items. Only some are "
        "the article's own.",
        "Use article_images, or WHERE owner = 'article'.",
        "SELECT count(*) FILTER (owner = 'article') AS part, count(*) AS whole FROM images",
        "Of {whole} images, {part} are the article's own.",
    ),
    Trap(
        "month",
        "The month that is no month",
        "Articles without a readable date lie in the folder published_month=unknown, and unknown "
        "sorts after every month. The views have null there.",
        "In Parquet files, say published_month <> 'unknown' beside every comparison.",
        "SELECT count(*) FILTER (published_month IS NULL) AS part, count(*) AS whole FROM articles",
        "Of {whole} articles, {part} have no month.",
    ),
    Trap(
        "zone",
        "Whose midnight",
        "published_at is in UTC. DuckDB and Spark show a moment in Parquet files in the time zone of "
        "your session, so days and months may shift.",
        "Count days with published_on. The views give UTC in every session.",
        "SELECT count(*) FILTER (published_at::TIME < TIME '08:00') AS part, count(*) AS whole "
        "FROM articles WHERE published_at IS NOT NULL",
        "Of {whole} dated articles, {part} fall on another day in California.",
    ),
    Trap(
        "heat",
        "Heat is a score, not an audience",
        "heat is what the file says: a score that the site computed, mostly from quality and the "
        "number of related items. -1 marks most articles that are hidden behind another one.",
        "Take it for the site's order of articles. Leave out heat < 0 before you average.",
        "SELECT count(*) FILTER (heat = -1) AS part, count(heat) AS whole FROM articles",
        "Of {whole} articles with a heat, {part} have -1.",
    ),
    Trap(
        "hidden",
        "Hidden often means: told by another",
        "A site shows one article of a story and hides its siblings. Most hidden articles are not "
        "withdrawn, and not bad.",
        "Count stories with stories, and articles with is_public said either way.",
        "SELECT count(*) FILTER (NOT is_public AND related_count > 0) AS part, "
        "count(*) FILTER (NOT is_public) AS whole FROM articles",
        "Of {whole} hidden articles, {part} list related ones.",
    ),
    Trap(
        "path",
        "A path is a place, not an identity",
        "article_id is made from the path of a file. A site may write another outlet's article into "
        "the same file.",
        "Follow an article through time by article_id and url_id together, as observations does.",
        "SELECT count(*) FILTER (n > 1) AS part, count(*) AS whole FROM "
        "(SELECT count(DISTINCT url_id) AS n FROM observations GROUP BY article_id)",
        "Of {whole} articles seen so far, {part} have had several addresses.",
    ),
)
"""In fixed wording, so that people who have read them once know them again."""


def list_traps(ask: Ask, views: set[str]) -> list[dict[str, Any]]:
    """The traps, each with what it touches here; `found` is None if this snapshot cannot say."""
    return [
        {**trap._asdict(), "found": _measure(trap, ask)}
        for trap in TRAPS
        if "observations" in views or trap.name != "path"
    ]


def _measure(trap: Trap, ask: Ask) -> str:
    (row,) = ask(trap.figure)
    return trap.measure.format(**{name: f"{count:,}" for name, count in row.items()})
