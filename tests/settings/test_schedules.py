"""`[[schedules]]` in matterhouse.toml."""

from typing import Any

import pytest

from pipelines.settings.checking import MistakenError, check_settings
from pipelines.settings.stored import dump_settings


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({}, "expected either cron or interval"),
        ({"cron": "0 * * * *", "interval": "1h"}, "expected either cron or interval"),
        ({"interval": "often"}, 'found "often", expected a duration like 30s, 15m, 2h or 1d'),
        (
            {"cron": "0 * * * *", "job": "article"},
            'found "article", expected one of build, ingest, verify, articles, images, '
            "related_links",
        ),
        ({"cron": "@daily", "time_zone": "Mars"}, 'found "Mars", expected a time zone like'),
        ({"crn": "0 * * * *", "interval": "1h"}, "found a key that is not known"),
        (
            {"interval": "1h", "options": {"warehouse": "w"}},
            "found warehouse, which is the same for all that is served",
        ),
    ],
)
def test_a_mistake_in_a_schedule_is_named(table: dict[str, Any], problem: str) -> None:
    with pytest.raises(MistakenError) as error:
        check_settings({"schedules": [table]})
    assert problem in str(error.value)


def test_a_snapshot_does_not_depend_on_schedules() -> None:
    settings = check_settings({"time_zone": "UTC", "schedules": [{"interval": "1h"}]})
    assert dump_settings(settings) == {"time_zone": "UTC"}
