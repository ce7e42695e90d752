"""Advice: what to do about an error. Errors hold facts; this page turns them into commands."""

import os
from pathlib import Path
from typing import Any, Final

from pipelines.errors import (
    DamagedError,
    DiskFullError,
    EngineError,
    ForeignDeploymentsError,
    LockedError,
    MatterhouseError,
    NotAllowedError,
    NothingPublishedError,
    OutdatedError,
    OutOfMemoryError,
    PruneError,
    RefusedError,
)
from pipelines.reports.commands import render_command, render_inspection, render_job
from pipelines.reports.damage import describe_way_back
from pipelines.reports.text import count_noun
from pipelines.runs.guards import ErrorsWhenStrict, TooManyLosses, TooManyRejects, round_up
from pipelines.runs.job import Job
from pipelines.warehouse.holder import Holder
from pipelines.warehouse.layout import CURRENT_NAME, list_numbers, locate_snapshot
from pipelines.warehouse.space import count_freed, render_bytes

_ADVICE: Final[dict[type[MatterhouseError], str]] = {
    NotAllowedError: "run it as the owner, or make all of the warehouse yours with `sudo chown -R`",
    OutOfMemoryError: "try --jobs 1",
    PruneError: "remove these as their owner, or make them yours with `sudo chown -R`",
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
        case LockedError():
            return _advise_locked(error)
        case DiskFullError():
            return _advise_full(error.root)
        case NothingPublishedError():
            return _advise_unpublished(error)
        case OutdatedError():
            build = render_command("build", warehouse=error.root, raw=error.raw)
            return f"run `{build}` first, which reads the raw files again"
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


def _advise_locked(error: LockedError) -> str:
    """Wait for a run that works. One that does not can be ended."""
    wait = "wait for it with --wait SECONDS"
    holder: Holder | None = error.holder
    if holder is None or not (holder.is_stopped or holder.is_quiet):
        return wait
    if holder.is_stopped:
        go_on = f"let it go on with `kill -CONT {holder.pid}` on {holder.host}"
        return f"{go_on}, or end it with `kill -9 {holder.pid}`, which frees the lock"
    end = f"end it with `kill {holder.pid}` on {holder.host}, or `kill -9` if that does nothing"
    return f"{wait}, or if it hangs, {end}: what is published stays whole, and the lock is freed"


def _advise_full(root: Path) -> str:
    """How much old snapshots would free. They are what may go."""
    current = Path(os.path.realpath(root / CURRENT_NAME))
    snapshots = [locate_snapshot(root, number) for number in list_numbers(root)]
    old = [each for each in snapshots if each.name != current.name]
    freed = count_freed(old, [current])
    if not freed:
        return "make room on that disk"
    prune = render_command("prune", "--keep", "1", "--days", "0", warehouse=root)
    count = count_noun(len(old), "old snapshot")
    return f"free {render_bytes(freed)} with `{prune}`, which removes {count}, or make other room"


def _advise_unpublished(error: NothingPublishedError) -> str:
    if error.is_staged:
        look = render_command("rejects", "--staged", warehouse=error.root)
        return f"look at what was not published with `{look}`"
    return f"run `{render_command('build', warehouse=error.root, raw=error.raw)}` first"


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
