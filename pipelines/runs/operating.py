"""How a warehouse is run, as matterhouse.toml says: what is kept, and where figures go.

It says so for every run, also for those that take from the snapshot how tables are made.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import SettingsError, UsageError
from pipelines.runs.job import Job
from pipelines.settings.stored import load_settings
from pipelines.warehouse.metrics_file import METRICS_VARIABLE, check_metrics_file
from pipelines.warehouse.retention import Retention
from pipelines.warehouse.snapshot import Snapshot

if TYPE_CHECKING:
    from pipelines.settings.operating import OperatingSettings, ProfileSettings


def find_retention(job: Job) -> Retention:
    """How many snapshots and records of runs are kept: as the job says, or else the settings.

    Raises:
        SettingsError: The file of settings makes no sense.
    """
    operating = _find_operating(job)
    said = operating.retention.model_dump() if operating else {}
    asked = {"keep": job.keep, "days": job.days}
    return Retention(**said | {name: value for name, value in asked.items() if value is not None})


def makes_catalog(job: Job) -> bool:
    """Whether each publish is to make the page of its snapshot. It is not if nobody says so."""
    try:
        operating = _find_operating(job)
    except SettingsError:
        return False
    return operating is not None and operating.catalog.publish


def find_metrics_file(job: Job) -> Path | None:
    """Where the figures of a run go; None if nobody asked for them.

    Raises:
        UsageError: The file has a name that no collector reads.
    """
    if file := os.environ.get(METRICS_VARIABLE):
        try:
            return check_metrics_file(file).absolute()
        except ValueError as error:
            raise UsageError(str(error), METRICS_VARIABLE) from error
    try:
        operating = _find_operating(job)
    except SettingsError:
        # A build fails for this in a moment. Other runs take their settings from the snapshot.
        return None
    return Path(operating.metrics.file) if operating and operating.metrics.file else None


def find_profile_settings(job: Job) -> "ProfileSettings | None":
    """What the settings say of the checks of a profile; None if there are no settings.

    Raises:
        SettingsError: The file of settings makes no sense.
    """
    operating = _find_operating(job)
    return operating.profile if operating else None


def _find_operating(job: Job) -> "OperatingSettings | None":
    return load_settings(job.config, job.raw)


def recall_job(snapshot: Snapshot, warehouse: Path, config: str | None) -> Job:
    """A build of the raw folder that `snapshot` was made from. Its settings lie beside it."""
    address = snapshot.manifest.raw
    # Of several archives, the settings say where they lie.
    raw = Job.raw if address.startswith("{") else address
    return Job("build", warehouse, raw, config=config)
