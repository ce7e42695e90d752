"""A job: what a run is asked to do. Its fields are the options of commands and flows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from pipelines.errors import UsageError
from pipelines.mapping.built_in import CHOSEN_MAPPING
from pipelines.runs import job_options
from pipelines.runs.options import Offered, check_value, list_offered
from pipelines.sources.globs import Globs
from pipelines.warehouse.layout import CURRENT_NAME

_RECORDED_AS: Final = {"full": "is_full", "dry_run": "is_dry"}
_RECORDED_LIMITS: Final = {
    "max_reject_share": "reject_share",
    "max_new_reject_share": "new_reject_share",
    "max_delete_share": "delete_share",
    "max_deletes": "deletes",
    "strict": "is_strict",
}
"""The names that options have in the records of runs, if they differ."""


@dataclass(frozen=True)
class Job:
    """What a run is asked to do.

    `name` is build, ingest, replay or a table that is made from documents. Without `months`,
    `since` and `until`, the flow of a table rebuilds all its months.

    Raises:
        UsageError: A value is out of range, or two values contradict each other.
    """

    name: str
    warehouse: Path = field(default=Path("warehouse"), metadata=job_options.WAREHOUSE)
    raw: str = field(default="raw", metadata=job_options.RAW)
    include: tuple[str, ...] = field(default=(), metadata=job_options.INCLUDE)
    exclude: tuple[str, ...] = field(default=(), metadata=job_options.EXCLUDE)
    mapping: str = field(default=CHOSEN_MAPPING, metadata=job_options.MAPPING)
    archive: tuple[str, ...] = field(default=(), metadata=job_options.ARCHIVE)
    config: str | None = field(default=None, metadata=job_options.CONFIG)
    months: tuple[str, ...] = field(default=(), metadata=job_options.MONTHS)
    since: str | None = field(default=None, metadata=job_options.SINCE)
    until: str | None = field(default=None, metadata=job_options.UNTIL)
    full: bool = field(default=False, metadata=job_options.FULL)
    dry_run: bool = field(default=False, metadata=job_options.DRY_RUN)
    strict: bool | None = field(default=None, metadata=job_options.STRICT)
    max_reject_share: float | None = field(default=None, metadata=job_options.MAX_REJECT_SHARE)
    max_new_reject_share: float | None = field(
        default=None, metadata=job_options.MAX_NEW_REJECT_SHARE
    )
    max_delete_share: float | None = field(default=None, metadata=job_options.MAX_DELETE_SHARE)
    max_deletes: int | None = field(default=None, metadata=job_options.MAX_DELETES)
    allow_deletes: bool = field(default=False, metadata=job_options.ALLOW_DELETES)
    settle: float | None = field(default=None, metadata=job_options.SETTLE)
    keep: int | None = field(default=None, metadata=job_options.KEEP)
    days: float | None = field(default=None, metadata=job_options.DAYS)
    rule: str | None = field(default=None, metadata=job_options.RULE)
    path: str | None = field(default=None, metadata=job_options.PATH)
    table: str | None = field(default=None, metadata=job_options.TABLE)
    field_path: str | None = field(default=None, metadata=job_options.FIELD_PATH)
    jobs: int | None = field(default=None, metadata=job_options.JOBS)
    wait_seconds: float = field(default=0, metadata=job_options.WAIT_SECONDS)

    def __post_init__(self) -> None:
        """Check the values."""
        for offered in list_options():
            try:
                check_value(getattr(self, offered.name), offered.option)
            except ValueError as error:
                raise UsageError(str(error), offered.flag) from error
        if self.config and self.mapping != CHOSEN_MAPPING:
            raise UsageError("say in the file which mapping is its base", "--mapping")
        if self.since and self.until and self.since > self.until:
            raise UsageError(
                f"found {self.since}, expected a month up to --until {self.until}", "--since"
            )
        if self.reads_raw and self.chooses_months:
            raise UsageError(f"{self.name} takes no months, since it looks at raw files")

    @classmethod
    def read(cls, name: str, parameters: Mapping[str, Any]) -> "Job":
        """The job of this name with the values that people gave for its options.

        Raises:
            UsageError: A value makes no sense.
        """
        values = dict(parameters)
        if "warehouse" in values:
            # Before it is a path: Path("") would be the working directory.
            folder = values["warehouse"]
            values["warehouse"] = Path(folder) if str(folder).strip() else folder
        for each in cls.list_repeated():
            if each in values:
                given = values[each] or ()
                # Deployments of earlier versions know one glob.
                values[each] = (given,) if isinstance(given, str) else tuple(given)
        return cls(name, **values)

    @classmethod
    def list_repeated(cls) -> list[str]:
        """The options that can be given several times."""
        return [each.name for each in fields(cls) if each.default == ()]

    def list_parameters(self) -> dict[str, Any]:
        """The values of the options that its flow takes, as JSON types."""
        values = {each.name: getattr(self, each.name) for each in list_options(self.name)}
        values["warehouse"] = str(self.warehouse)
        repeated = values.keys() & self.list_repeated()
        return {**values, **{each: list(values[each]) or None for each in repeated}}

    def describe(self) -> dict[str, Any]:
        """What it asks for, as the record of its run keeps it."""
        values = {each.name: getattr(self, each.name) for each in list_options()}
        del values["warehouse"]
        limits = {new: values.pop(old) for old, new in _RECORDED_LIMITS.items()}
        described = {_RECORDED_AS.get(name, name): value for name, value in values.items()}
        return {**described, "limits": limits}

    @property
    def globs(self) -> Globs:
        """Which raw files count."""
        return Globs(self.include, self.exclude)

    @property
    def reads_raw(self) -> bool:
        """Whether the run looks at raw files."""
        return self.name in ("build", "ingest", "replay")

    @property
    def reads_all(self) -> bool:
        """Whether it looks at all of them. Other runs need a snapshot to go on from."""
        return self.name in ("build", "ingest")

    @property
    def chooses_months(self) -> bool:
        """Whether some months of a table are asked for, not all."""
        return bool(self.months or self.since or self.until)

    @property
    def is_trial(self) -> bool:
        """Whether only the months that are asked for are made, to be looked at."""
        return self.dry_run and not self.reads_raw and self.chooses_months

    @property
    def parses_all(self) -> bool:
        """Whether every raw file is parsed: nothing is published yet, or all is rebuilt."""
        return self.reads_all and (self.full or not (self.warehouse / CURRENT_NAME).exists())


def list_options(name: str | None = None) -> list[Offered]:
    """The options that the job of this name takes, in the order of `Job`; by default all."""
    return list_offered(fields(Job), name)
