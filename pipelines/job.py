"""A job: what a run is asked to do."""

import shlex
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

DEFAULT_RAW: Final = Path("raw")
DEFAULT_WAREHOUSE: Final = Path("warehouse")


@dataclass(frozen=True)
class Limits:
    """What a state may have at most.

    `reject_share` is of the files loaded or rejected, `delete_share` of the files known before.
    """

    reject_share: float = 0.05
    delete_share: float = 0.2
    is_strict: bool = False


@dataclass(frozen=True)
class Job:
    """What a run is asked to do.

    `name` is build, ingest or a table that is made from documents. `months`, and those from `since`
    to `until`, are for the flow of a table; without any of the three it takes all. `jobs` is the
    number of worker processes, null for one per processor.
    """

    name: str
    warehouse: Path
    raw: Path
    include: str | None = None
    months: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    is_full: bool = False
    is_dry: bool = False
    jobs: int | None = None
    wait_seconds: float = 0
    limits: Limits = field(default_factory=Limits)

    def command(self, limits: Limits) -> str:
        """The command that asks for the same within other limits, to be typed where this was."""
        name = ["build"] if self.name == "build" else ["run", self.name]
        options = {
            "--raw": (self.raw, DEFAULT_RAW),
            "--warehouse": (self.warehouse, DEFAULT_WAREHOUSE),
            "--include": (self.include, None),
            "--since": (self.since, None),
            "--until": (self.until, None),
            "--max-reject-share": (limits.reject_share, Limits.reject_share),
            "--max-delete-share": (limits.delete_share, Limits.delete_share),
        }
        told = [
            (option, str(value)) for option, (value, usual) in options.items() if value != usual
        ]
        told += [("--month", month) for month in self.months]
        flags = ["--full"] if self.is_full else []
        return shlex.join(["matterhouse", *name, *flags, *chain(*told)])

    def look(self, *, is_staged: bool) -> str:
        """The command that shows the findings of the state that it made."""
        options = ["--staged"] if is_staged else []
        if self.warehouse != DEFAULT_WAREHOUSE:
            options += ["--warehouse", str(self.warehouse)]
        return shlex.join(["matterhouse", "rejects", *options])

    @property
    def reads_raw(self) -> bool:
        """The raw files are looked at."""
        return self.name in ("build", "ingest")

    @property
    def parses_all(self) -> bool:
        """Every raw file is parsed, since nothing is published yet, or nothing is trusted."""
        return self.reads_raw and (self.is_full or not (self.warehouse / "current").exists())
