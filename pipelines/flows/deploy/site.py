"""What the files need to know: the warehouse, the programs, the user and the server."""

import pwd
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pipelines.errors import UsageError
from pipelines.runs.job import Job
from pipelines.runs.job_settings import find_job_settings
from pipelines.runs.serving import Serving
from pipelines.settings.stored import locate_settings
from pipelines.sources.addresses import open_source

USUAL_PORT: Final = 4200
LOOPBACK: Final = "127.0.0.1"
USUAL_API: Final = f"http://{LOOPBACK}:{USUAL_PORT}/api"
_ADDRESS: Final = re.compile(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:]*|localhost")


@dataclass(frozen=True)
class Site:
    """What is served, with the words for it that `serve` takes besides those of a build."""

    serving: Serving
    serve_only: tuple[str, ...]
    api_url: str

    def __post_init__(self) -> None:
        """Refuse what none of the files could hold."""
        if not urlsplit(self.api_url).hostname:
            raise UsageError(
                f'found "{self.api_url}", expected one like http://127.0.0.1:4200/api', "--api"
            )
        for text in (self.api_url, *self.list_serve()):
            if not text.isprintable() or "{{" in text:
                problem = "expected a text without control characters and {{"
                raise UsageError(f"found {text!r}, {problem}")

    @property
    def job(self) -> Job:
        """The build that it all is about."""
        return self.serving.job

    @cached_property
    def warehouse(self) -> Path:
        """The folder of the warehouse. It need not be there yet."""
        return self.job.warehouse.resolve()

    @cached_property
    def config(self) -> Path | None:
        """The settings of the archive, if there are any."""
        path = locate_settings(self.job.config, self.job.raw)
        return path.resolve() if path else None

    @cached_property
    def archives(self) -> list[str]:
        """The folders of the archives, if the settings name some."""
        settings = find_job_settings(self.job, None)
        return [each.raw for _, each in sorted(settings.archives.items())] if settings else []

    @cached_property
    def raw(self) -> list[str]:
        """The folders of the raw files."""
        return [open_source(each).address for each in self.archives or [self.job.raw]]

    @property
    def suffix(self) -> str:
        """What sets its files apart from those of another warehouse."""
        return f"-{self.serving.name}" if self.serving.name else ""

    @cached_property
    def owner(self) -> tuple[int, int]:
        """User and group who may write the warehouse: who owns it, or the folder it will be in."""
        there = next(path for path in (self.warehouse, *self.warehouse.parents) if path.exists())
        status = there.stat()
        return status.st_uid, status.st_gid

    @property
    def user(self) -> str:
        """The name of that user. The number, if there is no name."""
        try:
            return pwd.getpwuid(self.owner[0]).pw_name
        except KeyError:
            return str(self.owner[0])

    @property
    def ui_url(self) -> str:
        """Where people find the pages of the Prefect server."""
        return self.api_url.rstrip("/").removesuffix("/api")

    @property
    def host(self) -> str:
        """The address that the Prefect server listens on: this machine, if a proxy has the name."""
        named = urlsplit(self.api_url).hostname or ""
        return named if _ADDRESS.fullmatch(named) else LOOPBACK

    @property
    def port(self) -> int:
        """The same for the port."""
        return urlsplit(self.api_url).port or USUAL_PORT

    def list_options(self) -> Iterator[str]:
        """The options that `build` and `serve` share."""
        yield from ("--warehouse", str(self.warehouse))
        if not self.archives:
            yield from ("--raw", *self.raw)
        for flag, globs in (("--include", self.job.include), ("--exclude", self.job.exclude)):
            for each in globs:
                yield from (flag, each)
        if self.config:
            yield from ("--config", str(self.config))

    def list_serve(self) -> list[str]:
        """The command that serves its deployments, but for the program."""
        return ["serve", *self.serve_only, *self.list_options()]

    def list_deploy(self) -> list[str]:
        """The options that print these files again, in any folder."""
        api = [] if self.api_url == USUAL_API else ["--api", self.api_url]
        return [*self.list_serve()[1:], *api]

    def list_build(self) -> list[str]:
        """The command that builds it once without Prefect, but for the program."""
        return ["build", "--engine", "local", *self.list_options()]


def find_program(name: str) -> str:
    """A program of the environment that this one runs in."""
    return str(Path(sys.executable).parent / name)
