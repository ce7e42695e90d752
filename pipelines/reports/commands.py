"""Commands that messages recommend, to be typed in the folder where they are read."""

import shlex
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pipelines.runs.job import Job, list_options
from pipelines.runs.options import Offered

_SPEED_ONLY: Final = ("jobs", "wait_seconds")
"""Options that do not change what a run does."""
_ARE_PATHS_WHOLE: ContextVar[bool] = ContextVar("_ARE_PATHS_WHOLE", default=False)


@contextmanager
def whole_paths() -> Iterator[None]:
    """Within this, commands have whole paths: they are read elsewhere than where they are made."""
    token = _ARE_PATHS_WHOLE.set(True)
    try:
        yield
    finally:
        _ARE_PATHS_WHOLE.reset(token)


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


def look_at_findings(
    job: Job, *, is_staged: bool, with_warnings: bool = False, only_new: bool = False
) -> str:
    """The command that shows the findings of the state that `job` made."""
    options = ["--staged"] if is_staged else []
    options += ["--new"] if only_new else []
    options += ["--warnings"] if with_warnings else []
    return render_command("rejects", *options, warehouse=job.warehouse)


def render_job(job: Job, **changes: Any) -> str:
    """The command that asks for `job`, with `changes` to its fields."""
    words = [job.name] if job.name in ("build", "replay") else ["run", job.name]
    return _render_options(replace(job, **changes), words)


def render_plan(job: Job, **changes: Any) -> str:
    """The command that plans `job`, with `changes` to its fields."""
    words = ["plan"] if job.name == "build" else ["plan", job.name]
    return _render_options(replace(job, **changes, dry_run=False), words)


def render_apply(guards: Iterable[str], warehouse: Path) -> str:
    """The command that publishes what is staged, although these guards refuse it."""
    accepted = [word for name in dict.fromkeys(guards) for word in ("--accept", name)]
    return render_command("apply", *accepted, warehouse=warehouse)


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
    elif value is False and offered.default is None:
        yield f"--no-{offered.flag.removeprefix('--')}"
    elif isinstance(value, tuple):
        for each in value:
            yield from (offered.flag, each)
    elif value != offered.default:
        yield from (offered.flag, f"{value:g}" if isinstance(value, float) else str(value))


def shorten_path(path: Path | str) -> str:
    """`path` relative to the working directory, if it lies below it; whole in `whole_paths`."""
    try:
        here = Path.cwd()
    except FileNotFoundError:
        # The working directory was removed.
        return str(path)
    if _ARE_PATHS_WHOLE.get():
        return str(here / path)
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else str(path)
