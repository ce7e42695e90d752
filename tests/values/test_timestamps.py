"""YAML timestamps."""

from datetime import UTC, datetime

import polars as pl
import pytest

from pipelines.values.timestamps import explain_unreadable, read_precision, read_timestamps

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-01", NEW_YEAR),
        ("2024-01-01T00:00:00Z", NEW_YEAR),
        ("2024-01-01t00:00:00z", NEW_YEAR),
        ("2024-01-01T00:00", NEW_YEAR),
        ("2024-01-01 2:00 +02:00", NEW_YEAR),
        ("2024-1-1", NEW_YEAR),
        ("2024-1-1 0:00:00 Z", NEW_YEAR),
        ("2024-01-01 02:00:00 +2", NEW_YEAR),
        ("2024-01-01T02:00:00+02:00", NEW_YEAR),
        ("2023-12-31 16:30:00 -0730", NEW_YEAR),
        ("2024-01-01T00:00:00", NEW_YEAR),
        ("2024-01-01T00:00:00.Z", NEW_YEAR),
        ("2024-01-01T00:00:00.1234569Z", NEW_YEAR.replace(microsecond=123456)),
        ("0001-01-01", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2023-02-29", None),
        ("0000-01-01", None),
        ("0001-01-01T00:00:00+00:01", None),
        ("0000-12-31T23:59:59-01:00", None),
        ("9999-12-31T23:59:59-00:01", None),
        ("2024-01-01T24:00:00Z", None),
        ("2024-01-01T00:60:00Z", None),
        ("2016-12-31T23:59:60Z", None),
        ("2024-01-01T00:00:00+24:00", None),
        ("2024-01-01T00:00:00+01:60", None),
        ("2024-01-01T00:00Z", NEW_YEAR),
        ("2024-01-01T00:60Z", None),
        ("2024-01-01T00:00.5Z", None),
        ("2024-1", None),
        ("24-1-1", None),
        ("2024-01-01T00:00:00 UTC", None),
        (" 2024-01-01", None),
        ("2024-01-01\n", None),
        ("२०२४-01-01", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_timestamp_is_read_as_utc(text: str | None, moment: datetime | None) -> None:
    assert read_timestamps(pl.Series([text], dtype=pl.String))["moment"].to_list() == [moment]


def test_a_missing_zone_is_reported_if_there_is_a_time() -> None:
    texts = pl.Series(["2024-01-01", "2024-01-01T00:00:00", "2024-01-01T00:00:00Z", None])
    assert read_timestamps(texts)["lacks_zone"].to_list() == [False, True, False, None]
    assert read_timestamps(pl.Series(["2024-02-30T00:00:00"]))["lacks_zone"].to_list() == [False]


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("2024-01-01", "date"),
        ("2024-1-1", "date"),
        ("2024-01-01T10:00", "minute"),
        ("2024-01-01T10:00+02:00", "minute"),
        ("2024-01-01 10:00 -0800", "minute"),
        ("2024-01-01T10:00:00", "second"),
        ("2024-01-01T10:00:00.5+02:00", "second"),
        ("", None),
        (None, None),
    ],
)
def test_the_precision_is_what_the_text_gives(text: str | None, precision: str | None) -> None:
    texts = pl.Series([text], dtype=pl.String)
    assert pl.select(read_precision(pl.lit(texts))).to_series().to_list() == [precision]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-30", "a day that is in the calendar"),
        ("2024-02-30T10:00:00Z", "a day that is in the calendar"),
        ("0000-01-01", "a day that is in the calendar"),
        ("2024-03-05T08", "minutes after the hour, like 08:00"),
        ("2024-03-05 8 Z", "minutes after the hour, like 08:00"),
        ("2024-03-05T08+02:00", "a time like 08:00:00 with an offset like +02:00"),
        ("2024-03-05T08Z", "minutes after the hour, like 08:00"),
        ("2024-03-05 8:00 pm", "hours from 00 to 23"),
        ("2024-03-05T08:00:00 CET", "an offset like +02:00 in place of its name"),
        ("2024-03-05T08:00:00+25:00", "a time like 08:00:00 with an offset like +02:00"),
        ("2024-03-05T24:00:00Z", "a time from 00:00:00 to 23:59:59"),
        ("2024-03-05T8:5", "a time from 00:00:00 to 23:59:59"),
        ("2024-03-05, 08:00", "T or a blank between day and time"),
        ("2024-03", "a day behind the month, like 2020-01-31"),
        ("03/05/2024", "year, month, day, with dashes: 2020-01-31"),
        ("5.3.2024", "year, month, day, with dashes: 2020-01-31"),
        ("05-03-24", "year, month, day, with dashes: 2020-01-31"),
        ("2024/03/05 08:00", "year, month, day, with dashes: 2020-01-31"),
        ("1709632800", "a date like 2020-01-31 in place of a number"),
        ("soon", None),
    ],
)
def test_what_a_text_lacks_is_said(text: str, expected: str | None) -> None:
    assert read_timestamps(pl.Series([text]))["moment"].to_list() == [None]
    assert explain_unreadable(pl.Series([text])).to_list() == [expected]
