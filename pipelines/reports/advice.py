"""Advice: what to do about an error. Errors hold facts; this page turns them into commands."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from pipelines.errors import (
    DamagedError,
    EngineError,
    ForeignDeploymentsError,
    LockedError,
    MatterhouseError,
    NotAllowedError,
    NothingPublishedError,
    OutdatedError,
    OutOfMemoryError,
    RefusedError,
    UnreadableError,
    WarehouseError,
)
from pipelines.reports.commands import render_command
from pipelines.reports.refusals import advise_refused
from pipelines.warehouse.damage import Hashes, list_damages
from pipelines.warehouse.layout import CURRENT_NAME, SETTINGS_NAME, list_numbers, locate_snapshot
from pipelines.warehouse.manifest import read_manifest

_ADVICE: Final[dict[type[MatterhouseError], str]] = {
    LockedError: "wait for it with --wait SECONDS",
    OutOfMemoryError: "try --jobs 1",
    NotAllowedError: "name it in MATTERHOUSE_ALLOWED on the machine where flows run, with a colon "
    "between folders",
    UnreadableError: f"make them readable, or leave them out with --exclude; of several archives, "
    f"with exclude in {SETTINGS_NAME}",
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
            return advise_refused(error)
        case DamagedError():
            return describe_way_back(error.root)
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
