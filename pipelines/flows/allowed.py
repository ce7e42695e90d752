"""Which folders the run of a deployment may use: not any that somebody types into a form."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pipelines.errors import NotAllowedError
from pipelines.runs.job import Job
from pipelines.runs.job_settings import find_job_settings
from pipelines.settings.stored import locate_settings

ALLOWED_VARIABLE: Final = "MATTERHOUSE_ALLOWED"
"""The folders, with colons between them as in PATH. `serve` sets it to its own if nobody did."""


def check_allowed(job: Job, environment: Mapping[str, str] = os.environ) -> None:
    """Refuse folders of `job` that lie in none of those that are allowed on this machine.

    Archives may lie anywhere, since an allowed file of settings says where.

    Raises:
        NotAllowedError: A folder is not allowed, or none is.
    """
    check_warehouse_allowed(job.warehouse, environment)
    allowed = _read_allowed(environment)
    if job.config:
        _check("config", Path(job.config), allowed)
    if not (job.config and job.raw == Job.raw and _names_archives(job)):
        _check("raw", Path(job.raw), allowed)


def check_warehouse_allowed(root: Path, environment: Mapping[str, str] = os.environ) -> None:
    """The same for a flow that reads no raw files.

    Raises:
        NotAllowedError: The folder is not allowed.
    """
    _check("warehouse", root, _read_allowed(environment))


def _read_allowed(environment: Mapping[str, str]) -> list[Path]:
    said = environment.get(ALLOWED_VARIABLE, "").split(os.pathsep)
    return [Path(each).resolve() for each in said if each.strip()]


def _check(name: str, path: Path, allowed: Sequence[Path]) -> None:
    if not any(path.resolve().is_relative_to(each) for each in allowed):
        raise NotAllowedError(name, path, allowed)


def _names_archives(job: Job) -> bool:
    settings = find_job_settings(job, None)
    return settings is not None and bool(settings.archives)


def allow_folders(job: Job) -> None:
    """Allow the runs that this process starts to use the folders of `job`, if nobody said which."""
    os.environ.setdefault(ALLOWED_VARIABLE, os.pathsep.join(map(str, list_folders(job))))


def list_folders(job: Job) -> Iterable[Path]:
    """The folders of `job` that must be allowed: its warehouse, its raw files, its settings."""
    yield job.warehouse.resolve()
    if not _names_archives(job):
        yield Path(job.raw).resolve()
    if path := locate_settings(job.config, job.raw):
        yield path.resolve()
