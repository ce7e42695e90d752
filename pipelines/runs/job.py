"""A job: what a run is asked to do."""

import re
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from pipelines.commands import render_command
from pipelines.errors import PipelineError
from schemas.language.months import MONTH_PATTERN, UNKNOWN_MONTH


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

    def __post_init__(self) -> None:
        """Hold whoever asks to what can be asked; the command line has said so before.

        Raises:
            PipelineError: A number is out of its range, or a month is not written YYYY-MM.
        """
        shares = (self.limits.reject_share, self.limits.delete_share)
        ends = [month for month in (self.since, self.until) if month is not None]
        months = [month for month in self.months if month != UNKNOWN_MONTH]
        if not all(0 <= share <= 1 for share in shares):
            raise PipelineError(f"{self.name}: found the shares {shares}, expected 0 to 1")
        if (self.jobs is not None and self.jobs < 1) or not self.wait_seconds >= 0:
            raise PipelineError(
                f"{self.name}: found {self.jobs} jobs and {self.wait_seconds} seconds to wait, "
                "expected 1 or more, and 0 or more"
            )
        if wrong := [month for month in (*ends, *months) if not re.fullmatch(MONTH_PATTERN, month)]:
            raise PipelineError(f"{self.name}: found {', '.join(wrong)!r}, expected months YYYY-MM")

    def command(self, limits: Limits) -> str:
        """The command that asks for the same within other limits, to be typed where this was."""
        words = ["build"] if self.name == "build" else ["run", self.name]
        flags = {"--full": self.is_full, "--dry-run": self.is_dry, "--strict": limits.is_strict}
        options = {
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
        words += [flag for flag, is_set in flags.items() if is_set]
        return render_command(*words, *chain(*told), warehouse=self.warehouse, raw=self.raw)

    def look(self, *, is_staged: bool) -> str:
        """The command that shows the findings of the state that it made."""
        options = ["--staged"] if is_staged else []
        return render_command("rejects", *options, warehouse=self.warehouse)

    @property
    def reads_raw(self) -> bool:
        """The raw files are looked at."""
        return self.name in ("build", "ingest")

    @property
    def parses_all(self) -> bool:
        """Every raw file is parsed, since nothing is published yet, or nothing is trusted."""
        # Literal: to import CURRENT_NAME would load Polars before the workers start.
        return self.reads_raw and (self.is_full or not (self.warehouse / "current").exists())
