"""A run: its steps in their order, under the lock of the warehouse."""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from pipelines.changes.fingerprints import name_version
from pipelines.changes.ledger import Ledger
from pipelines.errors import (
    NewerFormatError,
    PipelineError,
    PruneError,
    RefusedError,
    SettingsError,
    WarehouseError,
)
from pipelines.processes.workers import Workers
from pipelines.runs import steps
from pipelines.runs.archives import open_archives
from pipelines.runs.job import Job
from pipelines.runs.job_settings import find_job_settings
from pipelines.runs.notices import note_choices, note_losses
from pipelines.runs.observing import Observation, observing
from pipelines.runs.operating import find_retention
from pipelines.runs.planned import keeping_plan
from pipelines.runs.progress import OnProgress, ignore_progress
from pipelines.runs.replay import describe_replay
from pipelines.runs.scope import list_forced_months, list_other_stale_months, list_tables
from pipelines.runs.sightings import note_sightings, read_sightings, write_sightings
from pipelines.runs.signs import beat_on_progress, beat_on_steps
from pipelines.runs.start import Start, begin_run, nothing_to_rebuild
from pipelines.runs.state import Concluded, Ingested, Rebuilt
from pipelines.runs.summary import summarize_new, summarize_run
from pipelines.runs.unread import describe_unread
from pipelines.settings.stored import dump_settings
from pipelines.warehouse.address import write_address
from pipelines.warehouse.hold import check_not_held
from pipelines.warehouse.identities import keep_identities, write_identities
from pipelines.warehouse.manifest import Manifest
from pipelines.warehouse.recording import record_run
from pipelines.warehouse.refusal import explain_refusal
from pipelines.warehouse.runs import RunRecord, prune_runs
from pipelines.warehouse.warehouse import Warehouse

logger = logging.getLogger(__name__)

MOST_REMOVED: Final = 1_000
"""Records of runs that a build removes, which takes about a tenth of a second."""


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
            # Before staging is touched: there may be a plan in it.
            _check_not_held(job)
            watched = _timing(run_step, record, observed)
            with _emptying_staging_on_failure(warehouse, executor):
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
    concluded: Concluded = run_step("conclude", steps.conclude, start, ingested, rebuilt)
    summarize_run(record, concluded)
    record.replayed = describe_replay(start.kept.chosen, start.findings, concluded.findings)
    note_choices(record, start, ingested)
    record.is_adapted = start.settings is not None
    number = warehouse.next_number()
    # Before the audit, so that a refused state can be looked at.
    manifest = _stage(start, concluded, record, number) if concluded.is_changed else None
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
    _look_again(job, start, concluded, record)
    _empty_staging(warehouse)
    if not job.dry_run:
        _finish(job, warehouse, concluded)


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


def _stage(start: Start, concluded: Concluded, record: RunRecord, number: int) -> Manifest:
    """Make the state a whole snapshot in staging, and note what is new in it."""
    manifest = _seal(start, concluded, record, number)
    findings = note_sightings(concluded.findings, read_sightings(start.parent), record.run_id)
    write_sightings(concluded.draft.folder, manifest, findings)
    summarize_new(record, findings)
    return manifest


def _seal(start: Start, concluded: Concluded, record: RunRecord, number: int) -> Manifest:
    """Make the state a whole snapshot in staging."""
    folder = concluded.draft.folder
    manifest = concluded.draft.seal(
        Manifest(
            snapshot=number,
            parent=record.parent,
            run_id=record.run_id,
            created_at=record.started_at,
            raw=start.source.address,
            listed_ns=start.began_ns,
            include=start.globs.include,
            exclude=start.globs.exclude,
            mapping=concluded.mapping.name,
            settings=dump_settings(start.settings),
        )
    )
    for bucket in manifest.tables["files"]:
        if start.parent and concluded.files.has_same(start.before, bucket):
            keep_identities(start.parent.folder, folder, bucket)
        else:
            identities = concluded.files.read(bucket, ["identity"]).to_series()
            write_identities(folder, manifest, bucket, identities)
    return manifest


def _look_again(job: Job, start: Start, concluded: Concluded, record: RunRecord) -> None:
    """Note how the raw files look by now, or those that were not read.

    Of many files, what is known of them is spilled in staging, so this comes before it is emptied.
    """
    if job.dry_run:
        return
    if not concluded.is_changed:
        _remember_identities(start, concluded.files)
        _remember_address(start)
    if not job.reads_all:
        record.unread = describe_unread(start.source, start.globs, concluded.files)


def _finish(job: Job, warehouse: Warehouse, concluded: Concluded) -> None:
    """What is left to do when nothing is left to publish."""
    if not concluded.is_changed:
        warehouse.link_tables()
    if job.name == "build":
        _prune(job, warehouse)


def _remember_identities(start: Start, files: Ledger) -> None:
    """Note how the raw files look by now, if they were read and found to be the same."""
    if start.parent is None:
        return
    parent = start.parent
    for bucket in parent.manifest.tables["files"]:
        if not files.has_same(start.before, bucket):
            identities = files.read(bucket, ["identity"]).to_series()
            write_identities(parent.folder, parent.manifest, bucket, identities)


def _remember_address(start: Start) -> None:
    """Note where the raw files are by now. Their content is that of the parent."""
    if start.parent and start.source.address != start.parent.manifest.raw:
        write_address(start.parent.folder, start.source.address)


@contextmanager
def _emptying_staging_on_failure(warehouse: Warehouse, executor: Executor) -> Iterator[None]:
    """A run that fails gives back the space it took. A refused state stays, to be looked at."""
    try:
        yield
    except (RefusedError, NewerFormatError):
        raise
    except BaseException as error:
        # While staging still shows how much was written.
        explained = explain_refusal(error, warehouse.root) if isinstance(error, OSError) else None
        executor.shutdown(cancel_futures=True)
        _empty_staging(warehouse)
        if explained:
            raise explained from error
        raise


def _empty_staging(warehouse: Warehouse) -> None:
    """If something in staging cannot be removed, what was published stays published."""
    try:
        warehouse.clear_staging()
    except OSError as error:
        logger.warning("staging could not be emptied: %s: %s", error.filename, error.strerror)


def _prune(job: Job, warehouse: Warehouse) -> None:
    """Remove old snapshots and records of runs. What cannot be removed is only logged."""
    try:
        retention = find_retention(job)
        now = datetime.now(UTC)
        prune_runs(warehouse.root, now, retention, MOST_REMOVED)
        warehouse.prune(now, retention.keep, timedelta(days=retention.days))
    except (OSError, PruneError, SettingsError) as error:
        logger.warning("old snapshots and records of runs could not be removed: %s", error)
