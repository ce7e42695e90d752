"""What a run leaves in staging if it publishes nothing: enough to publish just that later."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.errors import RefusedError
from pipelines.mapping.built_in import CHOSEN_MAPPING
from pipelines.runs.guards import Objection
from pipelines.runs.job import Job
from pipelines.runs.start import Start
from pipelines.settings.stored import locate_settings, place_settings
from pipelines.warehouse.manifest import Manifest
from pipelines.warehouse.runs import RunRecord
from pipelines.warehouse.staged_plan import StagedPlan, digest_state
from schemas.language.registry import load_tables


@contextmanager
def keeping_plan(
    job: Job, start: Start, manifest: Manifest | None, record: RunRecord
) -> Iterator[None]:
    """Leave a plan beside the sealed state if it is refused, or only tried.

    `manifest` is that of the state; None if nothing changed.
    """
    try:
        yield
    except RefusedError as error:
        if manifest:
            # The refusal matters more than a plan that cannot be written.
            with suppress(OSError):
                _keep_plan(job, start, manifest, record, error.objections)
        raise
    if manifest and job.dry_run:
        _keep_plan(job, start, manifest, record, [])


def _keep_plan(
    job: Job, start: Start, manifest: Manifest, record: RunRecord, objections: Sequence[Objection]
) -> None:
    StagedPlan(
        job=job.name,
        options=_describe_job(job, start),
        record=asdict(record),
        state=digest_state(manifest),
        code=fingerprint_code(),
        objections=_describe_objections(objections),
        is_trial=job.is_trial,
    ).write(job.warehouse)


def restore_job(plan: StagedPlan) -> Job:
    """The job that made a plan.

    Raises:
        UsageError: Another version knew other options.
    """
    return Job.read(plan.job, plan.options)


def fingerprint_code() -> dict[str, str]:
    """The fingerprints of all code that decides the bytes of tables."""
    return {name: fingerprint_table(name) for name in (*load_tables(), "dates", "views")}


def name_objection(objection: Objection) -> str:
    """The name of a guard, as in too-many-rejects."""
    name = type(objection).__name__
    return "".join(f"-{each.lower()}" if each.isupper() else each for each in name).lstrip("-")


def _describe_objections(objections: Sequence[Objection]) -> dict[str, str]:
    """What each guard said, by its name."""
    said: dict[str, str] = {}
    for each in objections:
        name = name_objection(each)
        said[name] = f"{said[name]}; {each}" if name in said else str(each)
    return said


def _describe_job(job: Job, start: Start) -> dict[str, Any]:
    """The options of `job`, with folders in full: `apply` may be typed in another folder."""
    options = job.list_parameters()
    options["warehouse"] = str(job.warehouse.resolve())
    has_archives = start.settings is not None and bool(start.settings.archives)
    if job.reads_raw and not has_archives:
        options["raw"] = start.source.address
    if job.name == "build" and job.mapping == CHOSEN_MAPPING:
        path = locate_settings(job.config, job.raw)
        # Beside the raw files, it is found without being named.
        is_beside = path == place_settings("", job.raw)
        options["config"] = str(path.resolve()) if path and not is_beside else None
    return options
