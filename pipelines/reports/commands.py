"""Commands that messages recommend, to be typed in the folder where they are read."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pipelines.runs.job import Job, Offered, list_options

_SPEED_ONLY: Final = ("jobs", "wait_seconds")
"""Options that do not change what a run does."""


def render_command(*words: str, warehouse: Path, raw: str | None = None) -> str:
    """A command of ours, with those of its folders that are not the usual ones."""
    usual = Job("build")
    options = []
    # Of several archives, the settings say where they lie.
    is_folder = raw is not None and not raw.startswith("{")
    if raw is not None and is_folder and shorten_path(raw) != usual.raw:
        options += ["--raw", shorten_path(raw)]
    if shorten_path(warehouse) != str(usual.warehouse):
        options += ["--warehouse", shorten_path(warehouse)]
    return shlex.join(["matterhouse", *words, *options])


def render_inspection(raw: str) -> str:
    """The command that shows what the raw files hold."""
    return shlex.join(["matterhouse", "inspect", shorten_path(raw)])


def render_job(job: Job, **changes: Any) -> str:
    """The command that asks for `job`, with `changes` to its fields."""
    words = ["build"] if job.name == "build" else ["run", job.name]
    return _render_options(replace(job, **changes), words)


def render_plan(job: Job, **changes: Any) -> str:
    """The command that plans `job`, with `changes` to its fields."""
    words = ["plan"] if job.name == "build" else ["plan", job.name]
    return _render_options(replace(job, **changes, dry_run=False), words)


def _render_options(job: Job, words: list[str]) -> str:
    options = [
        word
        for offered in list_options(job.name)
        if offered.name not in ("warehouse", "raw", *_SPEED_ONLY)
        for word in _render_option(offered, getattr(job, offered.name))
    ]
    return render_command(*words, *options, warehouse=job.warehouse, raw=job.raw)


def _render_option(offered: Offered, value: Any) -> Iterator[str]:
    """The words for one option; none if it has its default."""
    if value is True:
        yield offered.flag
    elif isinstance(value, tuple):
        for each in value:
            yield from (offered.flag, each)
    elif value != offered.default:
        yield from (offered.flag, str(value))


def shorten_path(path: Path | str) -> str:
    """`path` relative to the working directory, if it lies below it."""
    try:
        here = Path.cwd()
    except FileNotFoundError:
        # The working directory was removed.
        return str(path)
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else str(path)
