"""A job: what a run is asked to do. Its fields are the options of commands and flows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipelines.errors import UsageError
from pipelines.mapping.built_in import BUILT_IN, CHOSEN_MAPPING
from pipelines.runs.limits import Limits
from pipelines.runs.options import (
    ANY_MONTH,
    EVERYONE,
    Option,
    Taker,
    check_dated_month,
    check_file,
    check_folder,
    check_globs,
    check_mapping,
    check_months,
    check_path,
    check_table,
    check_value,
    offer,
    read_option,
)
from pipelines.sources.globs import EVERYTHING, Globs
from pipelines.sources.source import MOST_SETTLE_SECONDS
from pipelines.warehouse.layout import CURRENT_NAME, SETTINGS_NAME
from schemas.language.months import MONTH_PATTERN

_BUILD: Final[frozenset[Taker]] = frozenset({"build"})
_TABLE: Final[frozenset[Taker]] = frozenset({"table"})
_REPLAY: Final[frozenset[Taker]] = frozenset({"replay"})
_READING: Final[frozenset[Taker]] = frozenset({"build", "ingest", "replay"})


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
    warehouse: Path = field(
        default=Path("warehouse"),
        metadata=offer(
            "Folder of the tables.",
            str,
            EVERYONE,
            metavar="FOLDER",
            envvar="MATTERHOUSE_WAREHOUSE",
            check=check_folder,
        ),
    )
    raw: str = field(
        default="raw",
        metadata=offer(
            "Folder of the raw files.",
            str,
            EVERYONE,
            metavar="FOLDER",
            envvar="MATTERHOUSE_RAW",
            check=check_folder,
        ),
    )
    include: tuple[str, ...] = field(
        default=(),
        metadata=offer(
            "Look only at files whose path below the raw folder matches, like '**/*.md' or "
            "'{_posts,_news}/'. Globs mean what they mean in .gitignore; * stays within a folder. "
            "Can be repeated.",
            list[str] | None,
            _BUILD,
            metavar="GLOB",
            envvar="MATTERHOUSE_INCLUDE",
            check=check_globs,
            effect="All other files count as not there: with --allow-deletes, their rows are "
            f"removed. Later builds remember the globs; {EVERYTHING} takes all files again.",
        ),
    )
    exclude: tuple[str, ...] = field(
        default=(),
        metadata=offer(
            "Leave out files that match, like 'drafts' or '*.txt', even if --include matches them. "
            "Can be repeated.",
            list[str] | None,
            _BUILD,
            metavar="GLOB",
            envvar="MATTERHOUSE_EXCLUDE",
            check=check_globs,
        ),
    )
    mapping: str = field(
        default=CHOSEN_MAPPING,
        metadata=offer(
            f"How keys become columns: {', '.join(BUILT_IN)}, or {CHOSEN_MAPPING}: what "
            f"{SETTINGS_NAME} says, or else that of the last build, and at first the one that fits "
            "the files.",
            str,
            _BUILD,
            metavar="NAME",
            envvar="MATTERHOUSE_MAPPING",
            check=check_mapping,
            choices=(CHOSEN_MAPPING, *BUILT_IN),
        ),
    )
    archive: tuple[str, ...] = field(
        default=(),
        metadata=offer(
            f"Look only at this archive of those that {SETTINGS_NAME} names. The others stay as "
            "they are. Can be repeated.",
            list[str] | None,
            _BUILD,
            metavar="NAME",
        ),
    )
    config: str | None = field(
        default=None,
        metadata=offer(
            f"What is particular about the archive. By default {SETTINGS_NAME} beside the raw "
            "folder, or in the working folder, if there is one.",
            str | None,
            _BUILD,
            metavar="FILE",
            envvar="MATTERHOUSE_CONFIG",
            check=check_file,
        ),
    )
    months: tuple[str, ...] = field(
        default=(),
        metadata=offer(
            "Rebuild only this month, YYYY-MM or unknown, and those that are out of date. Can be "
            "repeated.",
            list[str] | None,
            _TABLE,
            metavar="MONTH",
            flag="--month",
            check=check_months,
            pattern=ANY_MONTH,
        ),
    )
    since: str | None = field(
        default=None,
        metadata=offer(
            "Rebuild only from this month on, besides those of --month.",
            str | None,
            _TABLE,
            metavar="MONTH",
            check=check_dated_month,
            pattern=MONTH_PATTERN,
        ),
    )
    until: str | None = field(
        default=None,
        metadata=offer(
            "Rebuild only up to this month, besides those of --month.",
            str | None,
            _TABLE,
            metavar="MONTH",
            check=check_dated_month,
            pattern=MONTH_PATTERN,
        ),
    )
    full: bool = field(
        default=False, metadata=offer("Rebuild everything from the raw files.", bool, _BUILD)
    )
    dry_run: bool = field(
        default=False, metadata=offer("Say what would be done, but publish nothing.", bool, _BUILD)
    )
    strict: bool | None = field(
        default=None,
        metadata=offer("Publish nothing if there is any error.", bool | None, EVERYONE),
    )
    max_reject_share: float | None = field(
        default=None,
        metadata=offer(
            "Refuse to publish if a larger share of the files is rejected, and more than before. "
            f"Applies above 10 files. By default {Limits.max_reject_share:g}, like the limits "
            f"below unless [guards] of {SETTINGS_NAME} says otherwise.",
            float | None,
            EVERYONE,
            metavar="SHARE",
            minimum=0,
            maximum=1,
        ),
    )
    max_new_reject_share: float | None = field(
        default=None,
        metadata=offer(
            "Refuse to publish if a larger share of the files that are new or changed is rejected, "
            "and was not before. Applies from 4 such files on. By default "
            f"{Limits.max_new_reject_share:g}.",
            float | None,
            _READING,
            metavar="SHARE",
            minimum=0,
            maximum=1,
        ),
    )
    max_delete_share: float | None = field(
        default=None,
        metadata=offer(
            "Refuse to publish if a larger share of the known posts is gone. Applies above 10 "
            f"posts. By default {Limits.max_delete_share:g}.",
            float | None,
            _READING,
            metavar="SHARE",
            minimum=0,
            maximum=1,
        ),
    )
    max_deletes: int | None = field(
        default=None,
        metadata=offer(
            "Refuse to publish if more posts than this are gone. By default only their share "
            "counts.",
            int | None,
            _READING,
            metavar="N",
            minimum=0,
        ),
    )
    allow_deletes: bool = field(
        default=False,
        metadata=offer(
            "Publish however many posts go, even if other globs leave them out.", bool, _READING
        ),
    )
    settle: float | None = field(
        default=None,
        metadata=offer(
            "Let files wait that were written within the last SECONDS: they may be half copied. "
            "What was known of them stays until the next run. By default 0, or as "
            f"{SETTINGS_NAME} says.",
            float | None,
            _READING,
            metavar="SECONDS",
            minimum=0,
            maximum=MOST_SETTLE_SECONDS,
        ),
    )
    rule: str | None = field(
        default=None,
        metadata=offer("Only files with an error of this rule, like is_url.", str | None, _REPLAY),
    )
    path: str | None = field(
        default=None,
        metadata=offer(
            "Only files that match, like '_news/**'.",
            str | None,
            _REPLAY,
            metavar="GLOB",
            check=check_path,
        ),
    )
    table: str | None = field(
        default=None,
        metadata=offer(
            "Only files with an error in this table.", str | None, _REPLAY, check=check_table
        ),
    )
    field_path: str | None = field(
        default=None,
        metadata=offer(
            "Only files with an error in this field, like title or 'related[].title'.",
            str | None,
            _REPLAY,
            flag="--field",
        ),
    )
    jobs: int | None = field(
        default=None,
        metadata=offer(
            "Number of worker processes. One per processor by default.",
            int | None,
            EVERYONE,
            metavar="N",
            minimum=1,
        ),
    )
    wait_seconds: float = field(
        default=0,
        metadata=offer(
            "Seconds to wait for another run to end.",
            float,
            EVERYONE,
            flag="--wait",
            metavar="SECONDS",
            minimum=0,
        ),
    )

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


class Offered(NamedTuple):
    """A field of `Job` as it is offered: its name, its default as people give it, its option."""

    name: str
    default: Any
    option: Option

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return self.option.flag or f"--{self.name.replace('_', '-')}"

    @property
    def help(self) -> str:
        """What it asks for, and what that does to the warehouse."""
        return f"{self.option.help} {self.option.effect}".rstrip()

    def without_effect(self) -> "Offered":
        """The same for a command that changes nothing."""
        return self._replace(option=replace(self.option, effect=""))


def list_options(name: str | None = None) -> list[Offered]:
    """The options that the job of this name takes, in the order of `Job`; by default all."""
    taker = name if name in ("build", "ingest", "replay") else "table"
    offered = []
    for each in fields(Job):
        described = read_option(each.metadata)
        if described and (name is None or taker in described.taken_by):
            default = str(each.default) if isinstance(each.default, Path) else each.default
            default = None if default == () else default
            offered.append(Offered(each.name, default, described))
    return offered
