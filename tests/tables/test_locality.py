"""Locality: the time zone and the site that posts do not name."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pipelines.mapping.built_in import EVERYDAY
from pipelines.mapping.post_mapping import Folder, PostMapping
from pipelines.tables.locality import complete_addresses, list_time_zones
from pipelines.values.timestamps import read_timestamps

OSLO = PostMapping("web", time_zone="Europe/Oslo", site="https://e.org")
PATHS = pl.Series(["a.md", "b/a.md", "c/a.md"])
FOLDERS = PostMapping("web", site="https://e.org", folders=(Folder("b/", OSLO), Folder("c/", None)))


def test_the_zone_of_a_file_is_that_of_its_folder() -> None:
    assert list_time_zones(PATHS, EVERYDAY) is None
    zones = list_time_zones(PATHS, OSLO)
    assert zones is not None
    assert zones.to_list() == ["Europe/Oslo"] * 3
    zones = list_time_zones(PATHS, FOLDERS)
    assert zones is not None
    assert zones.to_list() == [None, "Europe/Oslo", None]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-15", (2024, 1, 14, 23)),
        ("2024-07-15", (2024, 7, 14, 22)),
        ("2024-01-15 10:00", (2024, 1, 15, 9)),
        ("2024-01-15 10:00Z", (2024, 1, 15, 10)),
        ("2024-01-15 10:00 +0200", (2024, 1, 15, 8)),
        # Clocks are put forward at 2:00, so 2:30 is not there: as if they were not.
        ("2024-03-31 02:30", (2024, 3, 31, 1, 30)),
        # They are put back at 3:00, so 2:30 is there twice: the first is meant.
        ("2024-10-27 02:30", (2024, 10, 27, 0, 30)),
    ],
)
def test_a_time_without_a_zone_is_one_of_the_zone(text: str, moment: tuple[Any, ...]) -> None:
    read = read_timestamps(pl.Series([text]), pl.Series(["Europe/Oslo"]))
    assert read["moment"].to_list() == [datetime(*moment, tzinfo=UTC)]
    assert read["lacks_zone"].to_list() == [False]


def test_a_time_without_any_zone_is_utc_and_told() -> None:
    read = read_timestamps(pl.Series(["2024-01-15 10:00"] * 2), pl.Series([None, "Europe/Oslo"]))
    assert read["lacks_zone"].to_list() == [True, False]


@pytest.mark.parametrize(
    ("address", "whole"),
    [
        ("/a", "https://e.org/a"),
        (" /a ", "https://e.org/a"),
        ("/", "https://e.org/"),
        ("//o.org/a", "//o.org/a"),
        ("https://o.org", "https://o.org"),
        ("a.html", "a.html"),
        (None, None),
    ],
)
def test_an_address_from_the_root_begins_with_the_site(
    address: str | None, whole: str | None
) -> None:
    addresses = pl.Series([address] * 3, dtype=pl.String)
    for mapping in (OSLO, FOLDERS):
        found = complete_addresses(addresses, PATHS, mapping).to_list()
        assert found[:2] == [whole, whole]
    assert complete_addresses(addresses, PATHS, EVERYDAY).to_list() == [address] * 3
