"""observations: what differs from what was seen before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from pipelines.tables.observations import observe, select_changed, settle_observations
from schemas.observations import OBSERVATIONS
from tests.tables.cases import ID, NOON, OTHER_ID, Cases

CASES = Cases(
    rules={
        "article_id": "is_id is_not_null",
        "url_id": "is_id",
        "observed_at": "is_not_null",
        "is_public": "is_not_null",
        "related_count": "is_not_negative is_not_null",
    },
    keys={
        "article_id": (ID, OTHER_ID),
        "url_id": (None, ID),
        "observed_at": (NOON, datetime(2024, 3, 6, tzinfo=UTC)),
        "source_time": (None, NOON),
    },
    smallest={"article_id": ID, "observed_at": NOON, "is_public": True, "related_count": 0},
)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def row(hours: float, heat: int | None = 0, **change: Any) -> dict[str, Any]:
    """A row seen some hours after noon."""
    return CASES.smallest | {"observed_at": at(hours), "heat": heat, "url_id": ID} | change


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=OBSERVATIONS.dtypes)


def list_heat(rows: pl.DataFrame) -> list[tuple[float, int | None]]:
    """How many hours after noon each value was seen."""
    since = pl.coalesce("source_time", "observed_at") - NOON
    return rows.select(since.dt.total_seconds() / 3600, "heat").rows()


def test_every_article_is_seen_at_its_address() -> None:
    articles = pl.DataFrame(
        {
            "article_id": [ID, OTHER_ID],
            "title": ["one", "other"],
            "url_id": [ID, None],
            "heat": [5, None],
            "quality": [None, None],
            "is_public": [True, False],
            "related_count": [3, 0],
        }
    )
    seen = observe(articles, NOON)
    assert seen.schema == pl.Schema(OBSERVATIONS.dtypes)
    assert seen.rows() == [
        (ID, ID, NOON, None, 5, None, True, 3),
        (OTHER_ID, None, NOON, None, None, None, False, 0),
    ]
    assert observe(articles, NOON, at(-1))["source_time"].to_list() == [at(-1)] * 2


@pytest.mark.parametrize(
    "change",
    [
        {"heat": 1},
        {"heat": None},
        {"quality": 1},
        {"is_public": False},
        {"related_count": 1},
        {"url_id": OTHER_ID},
        {"url_id": None},
        {"article_id": OTHER_ID},
    ],
)
def test_only_what_differs_from_the_last_row_is_new(change: dict[str, Any]) -> None:
    known = frame(row(0, 7), row(1))
    assert select_changed(frame(row(2)), known).is_empty()
    changed = frame(row(2, **change))
    assert select_changed(changed, known).equals(changed)


def test_an_article_that_comes_back_to_an_address_is_compared_with_what_it_was_there() -> None:
    known = frame(row(0, 57), row(1, 17, url_id=OTHER_ID))
    assert select_changed(frame(row(2, 57)), known).is_empty()
    assert select_changed(frame(row(2, 58)), known).height == 1


def test_a_row_that_a_wrong_clock_dated_ahead_is_not_the_last_one() -> None:
    known = frame(row(0, 5), row(99, 7))
    assert select_changed(frame(row(1, 5)), known).is_empty()
    assert select_changed(frame(row(1, 7)), known).height == 1


def test_settled_rows_differ_from_the_row_before_in_time() -> None:
    rows = frame(
        row(3, 2), row(0, 1), row(1, 1), row(2, 1, url_id=OTHER_ID), row(2, None), row(4, 2)
    )
    settled = settle_observations(rows)
    assert list_heat(settled) == [(0, 1), (2, None), (3, 2), (2, 1)]
    assert settle_observations(settled).equals(settled)


def test_what_a_run_saw_goes_if_the_source_says_that_it_was_so_before() -> None:
    live = frame(row(5, 1), row(9, 2))
    source = frame(
        *(row(20, heat, source_time=at(hours)) for hours, heat in [(1, 0), (2, 1), (12, 3)])
    )
    merged = settle_observations(pl.concat([live, source]))
    assert sorted(list_heat(merged)) == [(1, 0), (2, 1), (9, 2), (12, 3)]
    again = source.with_columns(observed_at=pl.lit(at(30), OBSERVATIONS.dtypes["observed_at"]))
    assert settle_observations(pl.concat([merged, again])).equals(merged)


def test_of_one_moment_the_later_row_counts() -> None:
    source = frame(*(row(20, heat, source_time=at(1)) for heat in (1, 2, 3)))
    assert list_heat(settle_observations(source)) == [(1, 3)]
    back = frame(row(0, 1), *(row(20, heat, source_time=at(1)) for heat in (2, 1)))
    assert list_heat(settle_observations(back)) == [(0, 1)]


def test_no_rows_settle_to_no_rows() -> None:
    assert settle_observations(frame()).equals(frame())
    assert select_changed(frame(), frame(row(0))).is_empty()
    assert select_changed(frame(row(0)), frame()).height == 1
