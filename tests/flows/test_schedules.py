"""When what is scheduled runs."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.runs.job import Job
from pipelines.runs.serving import Schedule, Serving


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(cron="0 * * * *"),
        Schedule(cron="@daily", time_zone="Europe/Oslo"),
        Schedule(cron="0 2 29 2 *"),
        Schedule(interval=timedelta(minutes=15), time_zone="Asia/Kolkata"),
    ],
    ids=str,
)
def test_the_next_three_times_are_in_its_zone(schedule: Schedule) -> None:
    from pipelines.flows.schedules import describe_schedules, list_next_times

    times = list_next_times(schedule)
    assert len(set(times)) == 3
    assert times == sorted(times)
    (line,) = describe_schedules(Serving(Job("build"), (schedule,), "news"))
    assert line.startswith(f"build/news-scheduled: {schedule} in {schedule.time_zone}, next ")
    assert [f"{each:%Y-%m-%d %H:%M %Z}" for each in times] == line.partition("next ")[2].split(", ")


def test_an_interval_is_counted_from_midnight_and_not_from_the_start_of_serve() -> None:
    from pipelines.flows.schedules import list_next_times

    for each in list_next_times(Schedule(interval=timedelta(hours=1), time_zone="Asia/Kolkata")):
        assert (each.minute, each.second) == (0, 0)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (Schedule(cron="0 2 31 2 *"), "cron 0 2 31 2 *: this time never comes"),
        (Schedule(cron="x"), "found the cron 'x' in UTC, expected one like '0 * * * *'"),
        (Schedule(cron="0 * * *"), "found the cron '0 * * *' in UTC, expected one like"),
        (
            Schedule("verify", "0 * * * *", options={"fast": True}),
            "verify",
        ),
        (
            Schedule("articles", "0 * * * *", options={"full": True}),
            "schedule cron 0 * * * *: articles has no option full; expected one of warehouse, raw,",
        ),
        (
            Schedule(cron="0 * * * *", options={"max_reject_share": 2}),
            "schedule cron 0 * * * *: --max-reject-share: found 2, expected a number from 0 to 1",
        ),
    ],
)
def test_a_schedule_that_means_nothing_is_refused(
    tmp_path: Path, schedule: Schedule, message: str
) -> None:
    from pipelines.flows.schedules import check_schedules

    job = Job("build", tmp_path / "w", str(tmp_path))
    with pytest.raises(UsageError) as error:
        check_schedules(Serving(job, (schedule,)))
    assert message in str(error.value)


def test_each_job_that_is_scheduled_has_one_deployment(tmp_path: Path) -> None:
    from pipelines.flows.deployments import list_deployments, list_names

    (tmp_path / "raw").mkdir()
    schedules = (
        Schedule(cron="0 9 * * *", options={"full": True}),
        Schedule("articles", "0 3 * * *", time_zone="Europe/Oslo"),
        Schedule(cron="0 17 * * *"),
    )
    job = Job("build", tmp_path / "w", str(tmp_path / "raw"))
    serving = Serving(job, schedules, "news", ("a", "b"))
    deployments = {each.full_name: each for each in list_deployments(serving)}
    assert deployments.keys() <= set(list_names(serving))
    scheduled = {name: each for name, each in deployments.items() if each.schedules}
    assert {
        name: [_describe(schedule) for schedule in each.schedules or ()]
        for name, each in scheduled.items()
    } == {
        "build/news-scheduled": [
            ("0 9 * * *", "UTC", {"full": True}),
            ("0 17 * * *", "UTC", {}),
        ],
        "articles/news-scheduled": [("0 3 * * *", "Europe/Oslo", {})],
    }
    assert all(each.tags == ["matterhouse", "a", "b"] for each in deployments.values())
    warehouses = {each.parameters["warehouse"] for each in deployments.values()}
    assert warehouses == {str(tmp_path / "w")}


def _describe(schedule: Any) -> tuple[str, str, dict[str, Any]]:
    return schedule.schedule.cron, schedule.schedule.timezone, schedule.parameters
