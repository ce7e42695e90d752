"""YAML timestamps."""

from datetime import UTC, datetime

import polars as pl
import pytest

from pipelines.values.timestamps import read_timestamps

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-01", NEW_YEAR),
        ("2024-01-01T00:00:00Z", NEW_YEAR),
        ("2024-01-01t00:00:00z", None),
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
        ("2024-1-1", None),
        ("0000-01-01", None),
        ("0001-01-01T00:00:00+00:01", None),
        ("0000-12-31T23:59:59-01:00", None),
        ("9999-12-31T23:59:59-00:01", None),
        ("2024-01-01T24:00:00Z", None),
        ("2024-01-01T00:60:00Z", None),
        ("2016-12-31T23:59:60Z", None),
        ("2024-01-01T00:00:00+24:00", None),
        ("2024-01-01T00:00:00+01:60", None),
        ("2024-01-01T00:00Z", None),
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
