"""apply: publish what was planned, if nothing moved since."""

import logging
from collections.abc import Collection
from dataclasses import fields, replace
from pathlib import Path
from typing import Final

from pipelines.errors import (
    OutdatedPlanError,
    PipelineError,
    PlanError,
    UnacceptedPlanError,
    WarehouseError,
)
from pipelines.runs.job import Job
from pipelines.runs.moved import list_moved
from pipelines.runs.notices import note_losses
from pipelines.runs.observing import observing
from pipelines.runs.planned import restore_job
from pipelines.runs.reader_files import prepare_for_readers
from pipelines.warehouse.damage import check_files, find_damage
from pipelines.warehouse.hold import check_not_held
from pipelines.warehouse.recording import record_run
from pipelines.warehouse.runs import RunRecord
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.staged_plan import StagedPlan, digest_state, read_plan
from pipelines.warehouse.warehouse import Warehouse

logger = logging.getLogger(__name__)

_OF_THE_RUN: Final = frozenset(
    {
        *("run_id", "job", "engine", "started_at", "options", "status", "finished_at", "seconds"),
        *("snapshot", "message", "version", "host", "steps"),
    }
)
"""What the record of a run says of the run itself, not of the state that it made."""


def apply_plan(root: Path, accepted: Collection[str], wait_seconds: float) -> RunRecord:
    """Publish the state in staging of the warehouse `root`, under its lock.

    `accepted` are the names of the guards that are overruled.

    Raises:
        PlanError: Nothing is planned, or only some months were tried.
        OutdatedPlanError: Something moved since the plan was made.
        UnacceptedPlanError: A guard objected, and is not overruled.
        HeldError: Somebody wants nothing to be published now.
        LockedError: Another run holds the lock.
    """
    warehouse = Warehouse(root)
    # Before the lock, which would make the folder.
    read_plan(root)
    options = {"accept": sorted(accepted)}
    with (
        observing(Job("apply", root)) as observed,
        record_run(root, "apply", "local", options, wait_seconds) as record,
        observed.begin(record),
    ):
        check_not_held(root)
        plan = read_plan(root)
        job = _restore(plan, root)
        staged = _open_staged(warehouse, plan, job)
        _check_whole(plan, job)
        moved = list(list_moved(plan, job, warehouse, staged))
        if moved:
            raise OutdatedPlanError(moved, root, job)
        _check_accepted(plan, accepted, job)
        _prove_new_files(warehouse, staged)
        _take_over(record, plan)
        number = staged.manifest.snapshot
        _sign(staged, record)
        check_not_held(root)
        warehouse.publish(number, staged.folder, prepare_for_readers)
        record.status, record.snapshot = "published", number
        note_losses(record)
        try:
            warehouse.clear_staging()
        except OSError as error:
            logger.warning("staging could not be emptied: %s: %s", error.filename, error.strerror)
    return record


def _restore(plan: StagedPlan, root: Path) -> Job:
    try:
        # The warehouse may have another path here.
        return replace(restore_job(plan), warehouse=root)
    except (PipelineError, TypeError) as error:
        raise PlanError(f"{root}: another version made the plan", root) from error


def _open_staged(warehouse: Warehouse, plan: StagedPlan, job: Job) -> Snapshot:
    """The state in staging, proven to be the one that was planned."""
    root = job.warehouse
    try:
        staged = warehouse.staged()
    except WarehouseError as error:
        # A run that was killed may have left the plan without the state.
        raise PlanError(f"{root}: nothing is planned", root) from error
    try:
        is_same = digest_state(staged.manifest) == plan.state
    except WarehouseError as error:
        raise PlanError(f"{root}: what was planned is damaged", root, job) from error
    if not is_same:
        raise PlanError(f"{root}: what lies in staging is not what was planned", root, job)
    return staged


def _check_whole(plan: StagedPlan, job: Job) -> None:
    if plan.is_trial:
        months = ", ".join(job.months) or "some months"
        raise PlanError(
            f"{job.warehouse}: the plan tried {months} of {plan.job} alone, and the other months "
            "still follow the old rules, so it cannot be published",
            job.warehouse,
            replace(job, months=(), since=None, until=None),
        )


def _check_accepted(plan: StagedPlan, accepted: Collection[str], job: Job) -> None:
    if unknown := sorted(set(accepted) - plan.objections.keys()):
        known = ", ".join(plan.objections) or "none"
        raise PlanError(
            f"no guard called {', '.join(unknown)} objected to the plan; there are: {known}",
            job.warehouse,
        )
    refused = {name: said for name, said in plan.objections.items() if name not in accepted}
    if refused:
        raise UnacceptedPlanError(refused, job.warehouse, job)


def _prove_new_files(warehouse: Warehouse, staged: Snapshot) -> None:
    """Read the files that only the plan has, and look whether the others are there.

    Raises:
        DamagedError: One is not what was planned.
    """
    current = warehouse.current()
    known = {
        (record.file, record.sha256)
        for records in (current.manifest.tables.values() if current else ())
        for record in records.values()
    }
    for records in staged.manifest.tables.values():
        new = (each for each in records.values() if (each.file, each.sha256) not in known)
        check_files(staged.folder, new, find_damage)


def _take_over(record: RunRecord, plan: StagedPlan) -> None:
    """Let the record say what the planned run found. What it says of the run itself stays."""
    mine = {each.name for each in fields(record)} - _OF_THE_RUN
    for name, value in plan.record.items():
        if name in mine:
            setattr(record, name, value)
    record.options = {**plan.record["options"], **record.options}


def _sign(staged: Snapshot, record: RunRecord) -> None:
    """Let the manifest say when it is published. The run that made it stays the planned one."""
    signed = replace(staged.manifest, created_at=record.started_at)
    signed.replace(staged.folder)
