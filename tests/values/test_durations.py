"""Durations and time zones as people write them."""

from datetime import timedelta

import pytest

from pipelines.values.durations import read_duration, render_duration
from pipelines.values.zones import check_zone


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("15m", 900),
        ("2h", 7200),
        ("1d", 86_400),
        (" 5 M ", 300),
        ("5min", 300),
        ("1h 30m", 5400),
    ],
)
def test_a_duration_is_made_of_numbers_and_units(text: str, seconds: int) -> None:
    assert read_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "15", "m", "0s", "-1h", "1.5h", "1w", "1h 30", "9999999d", "1d" * 10]
)
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration like 30s, 15m, 2h or 1d"):
        read_duration(text)


@pytest.mark.parametrize(
    ("text", "rendered"), [("120s", "2m"), ("90s", "90s"), ("24h", "1d"), ("90m", "90m")]
)
def test_a_duration_is_shown_in_its_largest_unit(text: str, rendered: str) -> None:
    assert render_duration(read_duration(text)) == rendered


@pytest.mark.parametrize("zone", ["UTC", "Europe/Oslo"])
def test_a_time_zone_has_a_known_name(zone: str) -> None:
    assert check_zone(zone) == zone


@pytest.mark.parametrize("zone", ["", "Mars", "../UTC", "/etc", "Europe"])
def test_any_other_name_is_no_time_zone(zone: str) -> None:
    with pytest.raises(ValueError, match="expected a time zone like Europe/Oslo"):
        check_zone(zone)
