"""observations: what is seen of articles, compared with what was seen of them before."""

from datetime import datetime
from typing import Final

import polars as pl

from schemas.observations import OBSERVATIONS

SUBJECT: Final = ("article_id", "url_id")
"""Whom a row is about: an article at its address."""
VALUES: Final = ("heat", "quality", "is_public", "related_count")
SEEN_AT: Final = pl.coalesce("source_time", "observed_at")
"""The order of rows in time."""


def observe(
    articles: pl.DataFrame, observed_at: datetime, source_time: datetime | None = None
) -> pl.DataFrame:
    """One row for each of `articles`, whether or not it is new.

    Args:
        articles: The columns of articles in `SUBJECT` and `VALUES`, and perhaps others.
        observed_at: When a run began to look.
        source_time: Since when the source has them so; None if nothing says so.
    """
    times = {"observed_at": observed_at, "source_time": source_time}
    dated = articles.with_columns(
        pl.lit(time, OBSERVATIONS.dtypes[name]).alias(name) for name, time in times.items()
    )
    return dated.select(pl.col(name).cast(dtype) for name, dtype in OBSERVATIONS.dtypes.items())


def select_changed(seen: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The rows of `seen` whose values are not those of the last row before, if there is one.

    Args:
        seen: What one run sees, all of one moment.
        known: All that was seen of these articles before, in any order.
    """
    if not len(seen) or not len(known):
        return seen
    # A clock that was wrong may have dated a row ahead.
    earlier = known.filter(seen.select(SEEN_AT.first()).item() >= SEEN_AT)
    latest = earlier.sort(SEEN_AT, maintain_order=True).unique(SUBJECT, keep="last")
    same = [*SUBJECT, *VALUES]
    return seen.join(latest, on=same, how="anti", nulls_equal=True, maintain_order="left")


def settle_observations(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` of several sources, without those that say the same as the row before in time.

    Of two rows of one moment, the first stays if they say the same, and otherwise the later one: so
    give what is known before what is new. Settling twice changes nothing.
    """
    ordered = rows.sort(*SUBJECT, SEEN_AT, nulls_last=False, maintain_order=True)
    # Without the rows that another one of their moment replaces, neighbours may be alike again.
    settled = _drop_repeated(_drop_replaced(_drop_repeated(ordered)))
    return sort_observations(settled)


def sort_observations(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` in the order of their files."""
    return rows.sort(OBSERVATIONS.order, nulls_last=False)


def _drop_repeated(ordered: pl.DataFrame) -> pl.DataFrame:
    """The rows without those that are like their predecessor."""
    return ordered.filter(_differs_from(1, [*SUBJECT, *VALUES]))


def _drop_replaced(ordered: pl.DataFrame) -> pl.DataFrame:
    """The rows without those whose successor is of the same moment."""
    timed = ordered.with_columns(_seen_at=SEEN_AT)
    return timed.filter(_differs_from(-1, [*SUBJECT, "_seen_at"])).drop("_seen_at")


def _differs_from(distance: int, columns: list[str]) -> pl.Expr:
    """Whether a row differs from its neighbour, or has none."""
    has_none = pl.int_range(pl.len()).shift(distance).is_null()
    differs = (pl.col(name).ne_missing(pl.col(name).shift(distance)) for name in columns)
    return has_none | pl.any_horizontal(differs)
