"""What `serve` offers: which jobs, of which warehouse, and when they run."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pipelines.errors import UsageError
from pipelines.runs.job import Job
from pipelines.values.durations import read_duration, render_duration
from pipelines.values.zones import check_zone

if TYPE_CHECKING:
    from pipelines.settings.model import Settings

T = TypeVar("T")
HOURLY: Final = "0 * * * *"
UTC_ZONE: Final = "UTC"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True)
class Schedule:
    """When a job runs: by `cron`, or every `interval`. `options` are those of the job."""

    job: str = "build"
    cron: str | None = None
    interval: timedelta | None = None
    time_zone: str = UTC_ZONE
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """When it runs, in words."""
        return f"every {render_duration(self.interval)}" if self.interval else f"cron {self.cron}"


@dataclass(frozen=True)
class Serving:
    """What one `serve` offers.

    All of it works on the folders of `job`, with its globs. `name` tells its deployments from those
    of another `serve`. A run that takes longer than `timeout_seconds` is ended.

    Raises:
        UsageError: The name or a tag makes no sense.
    """

    job: Job
    schedules: tuple[Schedule, ...]
    name: str | None = None
    tags: tuple[str, ...] = ()
    timeout_seconds: float | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        if self.name is not None and not _NAME.fullmatch(self.name):
            problem = f'found "{self.name}", expected letters, digits, _ and -'
            raise UsageError(problem, "--name")
        if not all(tag.strip() for tag in self.tags):
            raise UsageError("found nothing, expected a tag", "--tag")

    def name_deployment(self, kind: str) -> str:
        """The name of the deployments of this kind: `scheduled`, or `news-scheduled`."""
        return f"{self.name}-{kind}" if self.name else kind


def choose_schedules(
    settings: "Settings | None", crons: Sequence[str], interval: str | None, time_zone: str | None
) -> tuple[Schedule, ...]:
    """The schedules of the options and of the settings.

    Those of the options are of builds, and replace the builds of the settings. Without any, there
    is a build every hour.

    Raises:
        UsageError: The interval or the time zone is none.
    """
    zone = UTC_ZONE if time_zone is None else _read("--timezone", check_zone, time_zone)
    asked = [Schedule(cron=cron, time_zone=zone) for cron in crons]
    if interval is not None:
        every = _read("--interval", read_duration, interval)
        asked.append(Schedule(interval=every, time_zone=zone))
    said = [
        Schedule(
            each.job,
            each.cron,
            read_duration(each.interval) if each.interval else None,
            each.time_zone or zone,
            each.options,
        )
        for each in (settings.schedules if settings else ())
        if not (asked and each.job == "build")
    ]
    return tuple(asked + said) or (Schedule(cron=HOURLY, time_zone=zone),)


def _read(flag: str, read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise UsageError(str(error), flag) from error
