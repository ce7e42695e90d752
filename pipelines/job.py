"""A job: what a run is asked to do."""

from dataclasses import dataclass, field
from pathlib import Path


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

    `name` is build or one of `FLOWS`. `months`, and those from `since` to `until`, are for the flow
    of a table; without any of the three it takes all. `jobs` is the number of worker processes,
    null for one per processor.
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

    @property
    def command(self) -> str:
        """The command that asks for it, without options."""
        return "matterhouse build" if self.name == "build" else f"matterhouse run {self.name}"

    @property
    def is_ingest(self) -> bool:
        """The raw files are looked at."""
        return self.name in ("build", "ingest")

    @property
    def parses_all(self) -> bool:
        """Every raw file is parsed, since nothing is published yet, or nothing is trusted."""
        return self.is_ingest and (self.is_full or not (self.warehouse / "current").exists())
