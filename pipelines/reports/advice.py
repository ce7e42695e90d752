"""Advice: what to do about an error. Errors hold facts; this page turns them into commands."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from pipelines.errors import (
    DamagedError,
    EngineError,
    ForeignDeploymentsError,
    HeldError,
    LockedError,
    MatterhouseError,
    NothingPublishedError,
    OutdatedError,
    OutOfMemoryError,
    PlanError,
    RefusedError,
    UnacceptedPlanError,
    WarehouseError,
)
from pipelines.reports.commands import render_command, render_inspection, render_job, render_plan
from pipelines.runs.guards import ErrorsWhenStrict, TooManyLosses, TooManyRejects, round_up
from pipelines.runs.job import Job
from pipelines.warehouse.damage import Hashes, list_damages
from pipelines.warehouse.layout import CURRENT_NAME, list_numbers, locate_snapshot
from pipelines.warehouse.manifest import read_manifest

_ADVICE: Final[dict[type[MatterhouseError], str]] = {
    LockedError: "wait for it with --wait SECONDS",
    OutOfMemoryError: "try --jobs 1",
    ForeignDeploymentsError: "start a server for each warehouse, or delete them first with "
    "`prefect deployment delete build/scheduled`",
}
"""For errors that always have the same advice."""


def explain(error: MatterhouseError) -> str:
    """What is wrong, and what to do about it, in one line."""
    advice = advise(error)
    return f"{error}: {advice}" if advice else str(error)


def advise(error: MatterhouseError) -> str | None:
    """What to do about `error`; None if its message says it all."""
    match error:
        case RefusedError():
            return _advise_refused(error)
        case DamagedError():
            return describe_way_back(error.root)
        case NothingPublishedError():
            return _advise_unpublished(error)
        case OutdatedError():
            build = render_command("build", warehouse=error.root, raw=error.raw)
            return f"run `{build}` first, which reads the raw files again"
        case PlanError():
            return _advise_plan(error)
        case HeldError():
            release = render_command("release", warehouse=error.root)
            return f"when that is over, let runs publish again with `{release}`"
        case EngineError():
            start = "start a server with `prefect server start` and set PREFECT_API_URL"
            return f"{start}, or use `--engine local`" if error.is_optional else start
        case _:
            return _ADVICE.get(type(error))


def look_at_findings(job: Job, *, is_staged: bool, with_warnings: bool = False) -> str:
    """The command that shows the findings of the state that `job` made."""
    options = ["--staged"] if is_staged else []
    options += ["--warnings"] if with_warnings else []
    return render_command("rejects", *options, warehouse=job.warehouse)


def describe_way_back(root: Path) -> str:
    """The commands that help when the warehouse `root` is damaged.

    Reads whole snapshots, since they share files: only one that is whole is recommended.
    """
    numbers = sorted(list_numbers(root), reverse=True)
    hashes: Hashes = {}
    # Not `resolve`, which fails if links lead in a circle.
    target = os.path.realpath(root / CURRENT_NAME)
    real_root = Path(os.path.realpath(root))
    current = next((n for n in numbers if str(locate_snapshot(real_root, n)) == target), None)
    if current is not None and not list_damages(locate_snapshot(root, current), hashes):
        return f"the current snapshot, {current}, is whole: stay with it, or choose another"
    whole = (each for each in numbers if not list_damages(locate_snapshot(root, each), hashes))
    number = next(whole, None)
    rebuild = f"rebuild everything with `{_render_full_build(root, numbers)}`"
    if number is None:
        return rebuild
    back = render_command("rollback", str(number), warehouse=root)
    return f"go back with `{back}`, or {rebuild}"


def _render_full_build(root: Path, numbers: list[int]) -> str:
    """The command that rebuilds everything, from where the newest whole manifest was read."""
    for number in numbers:
        with suppress(WarehouseError):
            manifest = read_manifest(locate_snapshot(root, number))
            globs = [("--include", glob) for glob in manifest.include]
            globs += [("--exclude", glob) for glob in manifest.exclude]
            options = [word for option in globs for word in option]
            return render_command("build", "--full", *options, warehouse=root, raw=manifest.raw)
    return render_command("build", "--full", warehouse=root)


def _advise_unpublished(error: NothingPublishedError) -> str:
    if error.is_staged:
        look = render_command("rejects", "--staged", warehouse=error.root)
        return f"look at what was not published with `{look}`"
    return f"run `{render_command('build', warehouse=error.root, raw=error.raw)}` first"


def _advise_plan(error: PlanError) -> str:
    if isinstance(error, UnacceptedPlanError):
        accepted = [word for name in error.objections for word in ("--accept", name)]
        command = render_command("apply", *accepted, warehouse=error.root)
        look = look_at_findings(error.job, is_staged=True)
        return f"look with `{look}`, or publish it all the same with `{command}`"
    if error.job:
        return f"plan again with `{render_plan(error.job)}`"
    return f"see what would change with `{render_command('plan', warehouse=error.root)}`"


def _advise_refused(error: RefusedError) -> str:
    """Where to look, what to check, and how to publish all the same."""
    if any(isinstance(each, TooManyRejects) and each.share == 1 for each in error.objections):
        # Nobody wants to publish empty tables.
        inspect = render_inspection(error.job.raw)
        return f"see what the files hold, and which mapping fits, with `{inspect}`"
    return _advise_otherwise(error)


def _advise_otherwise(error: RefusedError) -> str:
    ways = []
    changes: dict[str, Any] = {}
    for objection in error.objections:
        match objection:
            case TooManyRejects():
                changes["max_reject_share"] = round_up(objection.share)
            case TooManyLosses():
                changes["max_delete_share"] = round_up(objection.share)
                globs = error.job.globs
                meant = f", and that you mean {globs}" if globs else ""
                ways.append(f"check that the raw files are complete{meant}")
            case ErrorsWhenStrict():
                pass
    # What was lost has no findings.
    if not all(isinstance(each, TooManyLosses) for each in error.objections):
        ways.insert(0, f"look with `{look_at_findings(error.job, is_staged=error.is_staged)}`")
    if changes:
        # A strict run would be refused again for its errors.
        if any(isinstance(each, ErrorsWhenStrict) for each in error.objections):
            changes["strict"] = False
        command = render_job(error.job, dry_run=False, **changes)
        ways.append(f"or publish anyway with `{command}`")
    return ", ".join(ways)
