"""Advice: what to do about an error. Errors hold facts; this page turns them into commands."""

import os
from functools import singledispatch
from pathlib import Path
from shlex import quote
from typing import Final

from pipelines.errors import (
    BackfillError,
    DamagedError,
    DiskFullError,
    EngineError,
    ForeignDeploymentsError,
    HeldError,
    LockedError,
    MatterhouseError,
    NoFolderError,
    NoGitError,
    NotAllowedError,
    NothingPublishedError,
    NotWritableError,
    OutdatedError,
    OutOfMemoryError,
    PlanError,
    PruneError,
    RefusedError,
    ServedError,
    UnacceptedPlanError,
    UnreadableError,
    UntrustedGitError,
    UnwritablePageError,
)
from pipelines.reports.commands import (
    look_at_findings,
    render_apply,
    render_command,
    render_plan,
)
from pipelines.reports.damage import describe_way_back
from pipelines.reports.refusals import advise_refused
from pipelines.reports.text import count_noun
from pipelines.warehouse.holder import Holder
from pipelines.warehouse.layout import CURRENT_NAME, SETTINGS_NAME, list_numbers, locate_snapshot
from pipelines.warehouse.space import count_freed, render_bytes

_ADVICE: Final[dict[type[MatterhouseError], str]] = {
    NotWritableError: "run it as the owner, or make all of the warehouse yours with "
    "`sudo chown -R`",
    OutOfMemoryError: "try --jobs 1",
    ForeignDeploymentsError: "give yours a name of their own with --name",
    PruneError: "remove these as their owner, or make them yours with `sudo chown -R`; if they are "
    "yours, `lsattr -d` shows whether they are locked",
    NotAllowedError: "name it in MATTERHOUSE_ALLOWED on the machine where flows run, with a colon "
    "between folders",
    BackfillError: "name the folder that corresponds to the raw files with --folder, or check that "
    "this is the repository of the archive",
    NoGitError: "install it, like with `apt-get install git`",
    NoFolderError: "check that its disk is mounted, and that this user may read it",
    UnwritablePageError: "write the page elsewhere with --output FILE",
    UnreadableError: "make them readable, or leave them out with --exclude (of one archive among "
    f"several, with exclude in {SETTINGS_NAME})",
}
"""For errors that always have the same advice."""


def explain(error: MatterhouseError) -> str:
    """What is wrong, and what to do about it, in one line."""
    advice = advise(error)
    return f"{error}: {advice}" if advice else str(error)


@singledispatch
def advise(error: MatterhouseError) -> str | None:
    """What to do about `error`; None if its message says it all."""
    return _ADVICE.get(type(error))


advise.register(RefusedError, advise_refused)


@advise.register
def _advise_damaged(error: DamagedError) -> str:
    return describe_way_back(error.root)


@advise.register
def _advise_outdated(error: OutdatedError) -> str:
    build = render_command("build", warehouse=error.root, raw=error.raw)
    return f"run `{build}` first, which reads the raw files again"


@advise.register
def _advise_held(error: HeldError) -> str:
    release = render_command("release", warehouse=error.root)
    return f"when that is over, let runs publish again with `{release}`"


@advise.register
def _advise_engine(error: EngineError) -> str:
    start = "start a server with `prefect server start` and set PREFECT_API_URL"
    return f"{start}, or use `--engine local`" if error.is_optional else start


@advise.register
def _advise_locked(error: LockedError) -> str:
    """Wait for a run that works. One that does not can be ended."""
    if isinstance(error, ServedError):
        return "stop that one first, or give this one a name of its own with --name"
    wait = "wait for it with --wait SECONDS"
    holder: Holder | None = error.holder
    if holder is None or not (holder.is_stopped or holder.is_quiet):
        return wait
    if holder.is_stopped:
        go_on = f"let it go on with `kill -CONT {holder.pid}` on {holder.host}"
        return f"{go_on}, or end it with `kill -9 {holder.pid}`, which frees the lock"
    end = f"end it with `kill {holder.pid}` on {holder.host}, or `kill -9` if that does nothing"
    return f"{wait}, or if it hangs, {end}: what is published stays whole, and the lock is freed"


@advise.register
def _advise_full(error: DiskFullError) -> str:
    """How much old snapshots would free. They are what may go."""
    root = error.root
    current = Path(os.path.realpath(root / CURRENT_NAME))
    snapshots = [locate_snapshot(root, number) for number in list_numbers(root)]
    old = [each for each in snapshots if each.name != current.name]
    freed = count_freed(old, [current])
    if not freed:
        return "make room on that disk"
    prune = render_command("prune", "--keep", "1", "--days", "0", warehouse=root)
    count = count_noun(len(old), "old snapshot")
    return f"free {render_bytes(freed)} with `{prune}`, which removes {count}, or make other room"


@advise.register
def _advise_unpublished(error: NothingPublishedError) -> str:
    if error.is_staged:
        look = render_command("rejects", "--staged", warehouse=error.root)
        return f"look at what was not published with `{look}`"
    return f"run `{render_command('build', warehouse=error.root, raw=error.raw)}` first"


@advise.register
def _advise_plan(error: PlanError) -> str:
    if isinstance(error, UnacceptedPlanError):
        command = render_apply(error.objections, error.root)
        look = look_at_findings(error.job, is_staged=True)
        return f"look with `{look}`, or publish it all the same with `{command}`"
    if error.job:
        return f"plan again with `{render_plan(error.job)}`"
    return f"see what would change with `{render_command('plan', warehouse=error.root)}`"


@advise.register
def _advise_untrusted(error: UntrustedGitError) -> str:
    trust = f"git config --global --add safe.directory {quote(os.path.realpath(error.path))}"
    return f"if you trust who can write there, say so to git with `{trust}`"
