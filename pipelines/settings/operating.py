"""The keys of matterhouse.toml that say how a warehouse is run.

They do not change what is in its tables, so they are no part of a snapshot.
"""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field

from pipelines.settings.schedules import ScheduleSettings
from pipelines.settings.strict import STRICT
from pipelines.warehouse.metrics_file import check_metrics_file
from pipelines.warehouse.retention import (
    KEPT_DAYS,
    KEPT_RUN_DAYS,
    KEPT_RUNS,
    KEPT_SNAPSHOTS,
    MOST_DAYS,
)

_Days = Annotated[float, Field(ge=0, le=MOST_DAYS, allow_inf_nan=False)]


def _check_metrics_file(file: str) -> str:
    return str(check_metrics_file(file))


class RetentionSettings(BaseModel):
    """How many snapshots, and records of runs, a build keeps."""

    model_config = STRICT

    keep: Annotated[int, Field(ge=1)] = KEPT_SNAPSHOTS
    days: _Days = KEPT_DAYS
    runs: Annotated[int, Field(ge=1)] = KEPT_RUNS
    run_days: _Days = KEPT_RUN_DAYS


class MetricsSettings(BaseModel):
    """Where each run leaves its figures for Prometheus."""

    model_config = STRICT

    file: Annotated[str, AfterValidator(_check_metrics_file)] | None = None


class ProfileSettings(BaseModel):
    """Which checks a profile leaves out, and other thresholds of those that it makes."""

    model_config = STRICT

    skip: list[str] = []
    thresholds: dict[str, dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]]] = {}


class CatalogSettings(BaseModel):
    """When the page of a snapshot is made: at each publish, or when somebody asks for it."""

    model_config = STRICT

    publish: bool = False


class OperatingSettings(BaseModel):
    """How a warehouse is run."""

    model_config = STRICT

    retention: RetentionSettings = RetentionSettings()
    metrics: MetricsSettings = MetricsSettings()
    profile: ProfileSettings = ProfileSettings()
    catalog: CatalogSettings = CatalogSettings()
    schedules: list[ScheduleSettings] = []


OPERATING: Final = frozenset(OperatingSettings.model_fields)
"""The keys that are no part of a snapshot."""
