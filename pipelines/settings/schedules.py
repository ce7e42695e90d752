"""The tables `[[schedules]]` of matterhouse.toml: when `serve` runs which job."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, Field, model_validator

from pipelines.settings.strict import STRICT
from pipelines.values.durations import read_duration
from pipelines.values.zones import check_zone
from schemas.language.registry import list_derived

PLACES: Final = frozenset({"warehouse", "raw", "config"})
"""Options that say where a job works. All that `serve` runs has the same."""


def _check_job(name: str) -> str:
    jobs = ("build", "ingest", "verify", *list_derived())
    if name not in jobs:
        raise ValueError(f'found "{name}", expected one of {", ".join(jobs)}')
    return name


def _check_interval(text: str) -> str:
    read_duration(text)
    return text


def _check_options(options: dict[str, Any]) -> dict[str, Any]:
    if wrong := sorted(PLACES & options.keys()):
        raise ValueError(f"found {wrong[0]}, which is the same for all that is served")
    return options


class ScheduleSettings(BaseModel):
    """When a job runs. `options` are those of the job, with the names that its flow has."""

    model_config = STRICT

    job: Annotated[str, AfterValidator(_check_job)] = "build"
    cron: Annotated[str, Field(min_length=1)] | None = None
    interval: Annotated[str, AfterValidator(_check_interval)] | None = None
    time_zone: Annotated[str, AfterValidator(check_zone)] | None = None
    options: Annotated[dict[str, Any], AfterValidator(_check_options)] = {}

    @model_validator(mode="after")
    def _check(self) -> "ScheduleSettings":
        if (self.cron is None) == (self.interval is None):
            raise ValueError("expected either cron or interval")
        return self
