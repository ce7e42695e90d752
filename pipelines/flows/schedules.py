"""Schedules as Prefect has them, and the times that they mean."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from inspect import signature
from typing import Any, Final
from zoneinfo import ZoneInfo

from prefect.schedules import Cron, Interval
from prefect.schedules import Schedule as PrefectSchedule
from prefect.server.schemas.schedules import CronSchedule, IntervalSchedule

from pipelines.errors import UsageError
from pipelines.flows.flow import FLOWS
from pipelines.runs.job import Job
from pipelines.runs.serving import Schedule, Serving

SHOWN_TIMES: Final = 3
_FIRST_DAY: Final = datetime(2020, 1, 1)  # noqa: DTZ001  # The zone is that of the schedule.


def make_schedule(schedule: Schedule, *, is_active: bool = True) -> PrefectSchedule:
    """The schedule for a deployment."""
    common: dict[str, Any] = {"timezone": schedule.time_zone, "parameters": schedule.options}
    if schedule.cron:
        return Cron(schedule.cron, active=is_active, **common)
    assert schedule.interval is not None
    return Interval(schedule.interval, anchor_date=_anchor(schedule), active=is_active, **common)


def _anchor(schedule: Schedule) -> datetime:
    """A midnight in its zone: an hourly run begins at the full hour, whenever `serve` started."""
    return _FIRST_DAY.replace(tzinfo=ZoneInfo(schedule.time_zone))


def check_schedules(serving: Serving) -> None:
    """Refuse schedules that mean nothing.

    Raises:
        UsageError: One never comes, or its job does not know an option of it.
    """
    for each in serving.schedules:
        list_next_times(each)
        _check_options(each, serving.job)


def _check_options(schedule: Schedule, job: Job) -> None:
    flow = FLOWS.get(schedule.job)
    if flow is None:
        raise UsageError(f"found {schedule.job}, expected one of {', '.join(FLOWS)}")
    known = signature(flow.fn).parameters
    if unknown := [name for name in schedule.options if name not in known]:
        raise UsageError(
            f"schedule {schedule}: {schedule.job} has no option {unknown[0]}; expected one of "
            f"{', '.join(known)}"
        )
    if "raw" not in known:
        return
    places = {"warehouse": str(job.warehouse), "raw": job.raw}
    try:
        Job.read(schedule.job, {**places, **schedule.options})
    except UsageError as error:
        raise UsageError(f"schedule {schedule}: {error}") from error


def list_next_times(schedule: Schedule) -> list[datetime]:
    """The next times of `schedule`, as the server computes them.

    Raises:
        UsageError: It is no schedule, or its time never comes.
    """
    zone = schedule.time_zone
    prefect: CronSchedule | IntervalSchedule
    try:
        if schedule.cron:
            prefect = CronSchedule(cron=schedule.cron, timezone=zone)
        else:
            values = {"interval": schedule.interval, "timezone": zone}
            prefect = IntervalSchedule.model_validate({**values, "anchor_date": _anchor(schedule)})
    except ValueError as error:
        raise UsageError(
            f"found the cron {schedule.cron!r} in {zone}, expected one like '0 * * * *'"
        ) from error
    try:
        times = asyncio.run(prefect.get_dates(SHOWN_TIMES))
    except (ValueError, OverflowError) as error:
        # croniter has an error of its own, which is a ValueError.
        raise UsageError(f"{schedule}: this time never comes") from error
    if not times:
        raise UsageError(f"{schedule}: this time never comes")
    return list(times)


def describe_schedules(serving: Serving) -> Iterator[str]:
    """A line for each schedule: what it runs, and when next."""
    for each in serving.schedules:
        deployment = f"{each.job}/{serving.name_deployment('scheduled')}"
        times = ", ".join(_list_texts(list_next_times(each)))
        yield f"{deployment}: {each} in {each.time_zone}, next {times}"


def _list_texts(times: Sequence[datetime]) -> Iterator[str]:
    clock = "%H:%M:%S" if any(each.second for each in times) else "%H:%M"
    for each in times:
        yield each.strftime(f"%Y-%m-%d {clock} %Z")
