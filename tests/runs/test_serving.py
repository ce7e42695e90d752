"""What is served: which schedules, and under which name."""

from datetime import timedelta

import pytest

from pipelines.errors import UsageError
from pipelines.runs.job import Job
from pipelines.runs.serving import HOURLY, Schedule, Serving, choose_schedules
from pipelines.settings.checking import check_settings

NIGHTLY = {"job": "articles", "cron": "0 3 * * *", "time_zone": "Europe/Oslo"}
OFTEN = {"interval": "15m", "options": {"full": True}}


def test_without_any_schedule_there_is_a_build_every_hour() -> None:
    assert choose_schedules(None, [], None, None) == (Schedule(cron=HOURLY),)
    assert choose_schedules(check_settings({}), [], None, "Europe/Oslo") == (
        Schedule(cron=HOURLY, time_zone="Europe/Oslo"),
    )


def test_crons_and_an_interval_may_be_given_together() -> None:
    assert choose_schedules(None, ["0 9 * * *", "0 17 * * *"], "2h", "Europe/Oslo") == (
        Schedule(cron="0 9 * * *", time_zone="Europe/Oslo"),
        Schedule(cron="0 17 * * *", time_zone="Europe/Oslo"),
        Schedule(interval=timedelta(hours=2), time_zone="Europe/Oslo"),
    )


def test_the_file_has_schedules_of_any_job() -> None:
    settings = check_settings({"schedules": [NIGHTLY, OFTEN]})
    nightly = Schedule("articles", "0 3 * * *", time_zone="Europe/Oslo")
    often = Schedule(interval=timedelta(minutes=15), time_zone="Asia/Tokyo", options={"full": True})
    assert choose_schedules(settings, [], None, "Asia/Tokyo") == (nightly, often)


def test_options_replace_the_builds_of_the_file_and_nothing_else() -> None:
    settings = check_settings({"schedules": [NIGHTLY, OFTEN]})
    assert choose_schedules(settings, ["0 9 * * *"], None, None) == (
        Schedule(cron="0 9 * * *"),
        Schedule("articles", "0 3 * * *", time_zone="Europe/Oslo"),
    )


@pytest.mark.parametrize(
    ("interval", "zone", "message"),
    [
        ("soon", None, '--interval: found "soon", expected a duration like 30s, 15m, 2h or 1d'),
        (None, "Mars", '--timezone: found "Mars", expected a time zone like Europe/Oslo'),
    ],
)
def test_a_mistake_names_its_option(interval: str | None, zone: str | None, message: str) -> None:
    with pytest.raises(UsageError) as error:
        choose_schedules(None, [], interval, zone)
    assert str(error.value) == message


def test_a_name_comes_before_the_names_of_the_deployments() -> None:
    job = Job("build")
    assert Serving(job, ()).name_deployment("scheduled") == "scheduled"
    assert Serving(job, (), "news").name_deployment("scheduled") == "news-scheduled"


@pytest.mark.parametrize("name", ["", "a/b", "-a", "a%", "a b"])
def test_a_name_is_letters_and_digits(name: str) -> None:
    with pytest.raises(UsageError, match="--name"):
        Serving(Job("build"), (), name)


def test_an_empty_tag_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="--tag: found nothing"):
        Serving(Job("build"), (), None, ("a", " "))
