"""Everything that can go wrong, sorted by what follows from it.

MatterhouseError
├── FrontMatterError           rejects one file: it becomes a finding
└── PipelineError              stops the run: one line on the terminal, exit code 1
    ├── UsageError             what is asked for makes no sense, exit code 2
    │   └── SettingsError      matterhouse.toml cannot be read or makes no sense
    ├── RawError               the raw files cannot be listed
    │   ├── NoFolderError      their folder is missing, or this user may not read it
    │   └── UnreadableError    some of them cannot be read
    ├── GitError               a git repository cannot be read
    │   ├── NoGitError         git is not installed
    │   └── UntrustedGitError  it is of another user, and git refuses to read it
    ├── BackfillError          a history is not that of the warehouse
    ├── LockedError            another run holds the warehouse, exit code 75
    │   └── ServedError        another `serve` of this name is at work on it
    ├── HeldError              somebody wants nothing to be published now, exit code 75
    ├── RefusedError           a guard objects to the state that would be published
    ├── PlanError              a plan cannot be applied
    │   ├── OutdatedPlanError  something moved since it was made
    │   └── UnacceptedPlanError    a guard objected to it
    ├── OutOfMemoryError       the system has no memory left
    ├── DiskFullError          the disk has no room left
    ├── NotWritableError       this user may not write where the run must
    ├── OutdatedError          other code wrote the warehouse: only a build can go on from it
    ├── WarehouseError         the warehouse cannot be used
    │   ├── NothingPublishedError  no snapshot is published yet
    │   ├── PruneError         some old snapshots cannot be removed
    │   ├── DamagedError       a file is missing or is not what its manifest says
    │   └── NewerFormatError   a newer version wrote it: this one must not touch it
    ├── QueryError             DuckDB refuses the SQL, or may not run it
    ├── EngineError            Prefect is asked for and cannot be used
    ├── ForeignDeploymentsError    a deployment of this name is of somebody else
    ├── NotAllowedError        the run of a deployment may not use this folder
    └── SchemaMismatchError    a frame of ours has the wrong columns: our bug, not bad data

An error holds facts. What to do about it, `pipelines.reports.advice` says.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class MatterhouseError(Exception):
    """The base of all errors of this project."""


class FrontMatterError(MatterhouseError):
    """A file whose front matter cannot be read.

    `line` and `column` count from 1. They are None if no single place is to blame.
    """

    def __init__(
        self,
        rule: str,
        problem: str,
        expected: str,
        *,
        line: int | None = None,
        column: int | None = None,
        value: str | None = None,
    ) -> None:
        super().__init__(problem)
        self.rule = rule
        self.problem = problem
        self.expected = expected
        self.line = line
        self.column = column
        self.value = value


class PipelineError(MatterhouseError):
    """A run that cannot go on.

    `record` is the `RunRecord` of that run; None if no run began.
    """

    record: Any = None


class UsageError(PipelineError):
    """What is asked for makes no sense. `flag` is the wrong option; None if several are wrong."""

    def __init__(self, problem: str, flag: str | None = None) -> None:
        super().__init__(f"{flag}: {problem}" if flag else problem)
        self.problem = problem
        self.flag = flag


class SettingsError(UsageError):
    """matterhouse.toml cannot be read, or makes no sense. A line for each mistake."""


class RawError(PipelineError):
    """The raw files are missing or cannot be listed."""


class UnwritablePageError(MatterhouseError):
    """The page of a snapshot cannot be written into its folder."""


class NoFolderError(RawError):
    """A folder of raw files is missing, or this user may not read it."""


class UnreadableError(RawError):
    """Some raw files cannot be read, though they are there: no fault of the files.

    `first` are the first of `count` files, each with what the system says.
    """

    def __init__(self, count: int, first: Sequence[tuple[str, str]]) -> None:
        named = "; ".join(f"{file}: {problem}" for file, problem in first)
        found = "1 raw file" if count == 1 else f"{count:,} raw files"
        more = f"; and {count - len(first):,} more" if count > len(first) else ""
        super().__init__(f"{found} cannot be read, so nothing changed: {named}{more}")
        self.count = count
        self.first = first


class GitError(PipelineError):
    """A git repository cannot be read."""


class NoGitError(GitError):
    """git is not installed."""


class UntrustedGitError(GitError):
    """The repository at `path` is of another user, so git refuses to read it."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.path = path


class BackfillError(PipelineError):
    """A history is not that of the archive in the warehouse."""


class LockedError(PipelineError):
    """Another run holds the lock of the warehouse. `holder` is the `Holder`, if it is known."""

    def __init__(self, message: str, holder: Any = None) -> None:
        super().__init__(message)
        self.holder = holder


class ServedError(LockedError):
    """Another `serve` of this name is at work on the warehouse."""


class HeldError(PipelineError):
    """Somebody wants nothing to be published in the warehouse `root` for now."""

    def __init__(self, message: str, root: Path) -> None:
        super().__init__(message)
        self.root = root


class PlanError(PipelineError):
    """What is staged in the warehouse `root` cannot be applied. `job` is its `Job`, if known."""

    def __init__(self, message: str, root: Path, job: Any = None) -> None:
        super().__init__(message)
        self.root = root
        self.job = job


class OutdatedPlanError(PlanError):
    """The plan does not fit any more: `moved` says what changed since it was made."""

    def __init__(self, moved: Sequence[str], root: Path, job: Any) -> None:
        super().__init__(f"{root}: the plan is out of date: {'; '.join(moved)}", root, job)
        self.moved = moved


class UnacceptedPlanError(PlanError):
    """Guards objected to the plan. `objections` are their messages, by the names of the guards."""

    def __init__(self, objections: Mapping[str, str], root: Path, job: Any) -> None:
        super().__init__("; ".join(objections.values()), root, job)
        self.objections = objections


class RefusedError(PipelineError):
    """The guards object to the state that was to be published.

    `objections` are `Objection`s, `job` is the `Job`. `is_staged` if the state lies in staging.
    """

    def __init__(self, objections: Sequence[Any], job: Any, *, is_staged: bool) -> None:
        super().__init__("; ".join(map(str, objections)))
        self.objections = objections
        self.job = job
        self.is_staged = is_staged


class OutOfMemoryError(PipelineError):
    """The system has no memory left for the run."""


class DiskFullError(PipelineError):
    """The disk of the warehouse `root` has no room left."""

    def __init__(self, message: str, root: Path) -> None:
        super().__init__(message)
        self.root = root


class NotWritableError(PipelineError):
    """This user may not write where the run must."""


class OutdatedError(PipelineError):
    """Other code wrote the warehouse `root`, so only a build of its files at `raw` can go on."""

    def __init__(self, message: str, root: Path, raw: str) -> None:
        super().__init__(message)
        self.root = root
        self.raw = raw


class WarehouseError(PipelineError):
    """The warehouse cannot be used."""


class NothingPublishedError(WarehouseError):
    """Nothing is published in the warehouse `root`.

    `raw` is where a build would find its files, if the caller knows it. `is_staged` if a state lies
    in staging that was refused or only tried.
    """

    def __init__(
        self, message: str, root: Path, *, raw: str | None = None, is_staged: bool = False
    ) -> None:
        super().__init__(message)
        self.root = root
        self.raw = raw
        self.is_staged = is_staged


class PruneError(WarehouseError):
    """Some old snapshots cannot be removed. The others, `removed`, are gone."""

    def __init__(self, message: str, removed: Sequence[int]) -> None:
        super().__init__(message)
        self.removed = removed


class DamagedError(WarehouseError):
    """A file of the warehouse `root` is missing, or is not what its manifest says."""

    def __init__(self, message: str, root: Path) -> None:
        super().__init__(message)
        self.root = root


class NewerFormatError(WarehouseError):
    """A newer version wrote the warehouse, so not even a full build may touch it."""


class QueryError(PipelineError):
    """A query that DuckDB refuses, or that it may not run."""


class EngineError(PipelineError):
    """The Prefect engine is asked for and cannot be used. `is_optional` if a run can do without."""

    def __init__(self, message: str, *, is_optional: bool = True) -> None:
        super().__init__(message)
        self.is_optional = is_optional


class ForeignDeploymentsError(PipelineError):
    """A deployment of the Prefect server is of another warehouse, or of other people."""


class NotAllowedError(PipelineError):
    """The option `name` is a path outside of the folders that runs of deployments may use."""

    def __init__(self, name: str, path: Path, allowed: Sequence[Path]) -> None:
        folders = ", ".join(map(str, allowed)) or "none"
        super().__init__(
            f"{name}: {path} is in no folder that the run of a deployment may use; these are: "
            f"{folders}"
        )


class SchemaMismatchError(PipelineError):
    """A frame without the columns, types or unique keys of its table: our bug."""
