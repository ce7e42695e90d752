"""A run: its steps in their order, under the lock of the warehouse."""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import nullcontext
from typing import Any, Protocol

from pipelines.changes.fingerprints import name_version
from pipelines.errors import PipelineError, WarehouseError
from pipelines.processes.workers import Workers
from pipelines.runs import steps
from pipelines.runs.archives import open_archives
from pipelines.runs.finish import empty_staging, emptying_staging_on_failure, finish, look_again
from pipelines.runs.job import Job
from pipelines.runs.job_settings import find_job_settings
from pipelines.runs.notices import note_choices, note_losses
from pipelines.runs.observing import Observation, observing
from pipelines.runs.planned import keeping_plan
from pipelines.runs.progress import OnProgress, ignore_progress
from pipelines.runs.replay import describe_replay
from pipelines.runs.scope import list_forced_months, list_other_stale_months, list_tables
from pipelines.runs.signs import beat_on_progress, beat_on_steps
from pipelines.runs.stage import stage_state
from pipelines.runs.start import Start, begin_run, nothing_to_rebuild
from pipelines.runs.state import Concluded, Ingested, Rebuilt
from pipelines.runs.summary import summarize_run
from pipelines.warehouse.hold import check_not_held
from pipelines.warehouse.recording import record_run
from pipelines.warehouse.runs import RunRecord
from pipelines.warehouse.warehouse import Warehouse


class RunStep(Protocol):
    """Runs one step: directly, or as a Prefect task."""

    def __call__(self, name: str, step: Callable[..., Any], /, *arguments: Any) -> Any: ...


def run_directly(_name: str, step: Callable[..., Any], /, *arguments: Any) -> Any:
    """The local engine: call the step here and now."""
    return step(*arguments)


def run_job(
    job: Job,
    engine: str = "local",
    run_step: RunStep = run_directly,
    on_progress: OnProgress = ignore_progress,
    workers: Workers | None = None,
    flow_run_id: str | None = None,
) -> RunRecord:
    """Do `job` under the lock of its warehouse. It leaves a record, whatever happens.

    Raises:
        LockedError: Another run holds the lock.
        HeldError: Somebody wants nothing to be published now.
        RefusedError: The guards object to the new state. It stays in staging.
        PipelineError: The run could not be finished. Nothing was published.
    """
    with observing(job) as observed:
        _check_folders(job)
        warehouse = Warehouse(job.warehouse)
        run_step = beat_on_steps(warehouse.root, run_step)
        on_progress = beat_on_progress(warehouse.root, observed.follow(on_progress))
        with (
            record_run(
                warehouse.root, job.name, engine, job.describe(), job.wait_seconds
            ) as record,
            observed.begin(record),
            nullcontext(workers) if workers else Workers(job.jobs) as executor,
        ):
            record.flow_run_id = flow_run_id
            # Before staging is touched: there may be a plan in it.
            _check_not_held(job)
            watched = _timing(run_step, record, observed)
            with emptying_staging_on_failure(warehouse, executor):
                _run_steps(job, warehouse, record, watched, on_progress, executor)
            note_losses(record)
    return record


def _check_not_held(job: Job) -> None:
    """Somebody may want nothing to be published. What is only tried goes on."""
    if not job.dry_run:
        check_not_held(job.warehouse)


def _timing(run_step: RunStep, record: RunRecord, observed: Observation) -> RunStep:
    """`run_step`, noting in the record how long each step takes, even if it fails."""

    def run(name: str, step: Callable[..., Any], /, *arguments: Any) -> Any:
        began = time.monotonic()
        try:
            return observed.time_step(name, run_step, name, step, *arguments)
        finally:
            record.steps[name] = round(time.monotonic() - began, 3)

    return run


def _check_folders(job: Job) -> None:
    """Refuse what can only be a mistake, before a folder is made for it."""
    try:
        str(job.warehouse).encode()
    except UnicodeEncodeError as error:
        raise WarehouseError(
            f"{str(job.warehouse)!r}: the name of the folder is not valid UTF-8"
        ) from error
    settings = find_job_settings(job, None) if job.name == "build" else None
    source = open_archives(job, settings)
    Warehouse(job.warehouse).check_folder()
    source.check_apart(job.warehouse)
    if not job.warehouse.exists():
        if not job.reads_all:
            raise nothing_to_rebuild(job)
        source.check_readable()


def _run_steps(
    job: Job,
    warehouse: Warehouse,
    record: RunRecord,
    run_step: RunStep,
    on_progress: OnProgress,
    executor: Executor,
) -> None:
    start = begin_run(job, warehouse)
    record.version, record.raw = name_version(), start.source.address
    record.parent = start.parent.number if start.parent else None
    ingested = _ingest(job, start, run_step, on_progress, executor)
    rebuilt = _rebuild(job, start, ingested, record, run_step, on_progress, executor)
    concluded: Concluded = run_step(
        "conclude", steps.conclude_and_observe, start, ingested, rebuilt, job.full
    )
    summarize_run(record, concluded)
    record.replayed = describe_replay(start.kept.chosen, start.findings, concluded.findings)
    note_choices(record, start, ingested)
    record.is_adapted = start.settings is not None
    number = warehouse.next_number()
    # Before the audit, so that a refused state can be looked at.
    manifest = stage_state(start, concluded, record, number) if concluded.is_changed else None
    with keeping_plan(job, start, manifest, record):
        run_step("audit", steps.audit, start, concluded, job)
    if concluded.is_changed and job.dry_run:
        record.status = "dry_run"
        return
    if concluded.is_changed:
        _check_not_held(job)
        run_step("publish", steps.publish, warehouse, concluded, number)
        record.status, record.snapshot = "published", number
    else:
        record.status, record.snapshot = "unchanged", record.parent
    look_again(job, start, concluded, record)
    empty_staging(warehouse)
    if not job.dry_run:
        finish(job, warehouse, concluded)


def _ingest(
    job: Job, start: Start, run_step: RunStep, on_progress: OnProgress, executor: Executor
) -> Ingested:
    if job.reads_raw:
        ingested: Ingested = run_step("ingest", steps.ingest, start, executor, on_progress)
        # Workers keep the memory that parsing took, though the documents are on disk. If there is
        # more to do in workers, new ones start.
        executor.shutdown(wait=False)
        return ingested
    ingested = steps.skip_ingest(start)
    if job.is_trial and ingested.is_changed:
        raise PipelineError(
            f"{job.name}: other code dates the documents now, so all months must be planned"
        )
    return ingested


def _rebuild(
    job: Job,
    start: Start,
    ingested: Ingested,
    record: RunRecord,
    run_step: RunStep,
    on_progress: OnProgress,
    executor: Executor,
) -> Rebuilt:
    tables = list_tables(job.name)
    forced = list_forced_months(job, start, tables[0])
    if not job.is_trial:
        record.also_rebuilt = list_other_stale_months(job, ingested, tables, forced)
    rebuilt: Rebuilt = run_step(
        "rebuild", steps.rebuild, ingested, tables, forced, executor, on_progress, job.is_trial
    )
    return rebuilt
