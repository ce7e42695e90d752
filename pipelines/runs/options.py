"""Options: how a field of `Job` is offered on the command line and by a flow, and its checks."""

import re
from collections.abc import Callable, Iterable
from dataclasses import Field, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from pipelines.mapping.built_in import BUILT_IN, CHOSEN_MAPPING
from pipelines.sources.globs import check_glob
from schemas.language.months import MONTH_PATTERN, UNKNOWN_MONTH

Taker = Literal["build", "ingest", "replay", "table"]
"""Who takes an option: `build`, `ingest`, `replay`, or the flow of a table."""
EVERYONE: Final[frozenset[Taker]] = frozenset({"build", "ingest", "replay", "table"})
ANY_MONTH: Final = f"{MONTH_PATTERN}|{UNKNOWN_MONTH}"
_OPTION: Final = "option"


@dataclass(frozen=True)
class Option:
    """One option of a run.

    `type` is the type of its values as people give them. `flag` is its name on the command line, if
    that is not its name with dashes. `check` raises a ValueError that says what is wrong. Forms
    offer `choices`, and accept texts of `pattern` alone. `effect` ends the help of commands that
    change the warehouse.
    """

    help: str
    type: Any
    taken_by: frozenset[Taker] = EVERYONE
    flag: str | None = None
    metavar: str | None = None
    envvar: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    check: Callable[[Any], None] | None = None
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    effect: str = ""


def offer(help: str, type: Any, *arguments: Any, **options: Any) -> dict[str, Option]:  # noqa: A002
    """The metadata of a dataclass field that is offered as an `Option`."""
    return {_OPTION: Option(help, type, *arguments, **options)}


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


def list_offered(offered: Iterable[Field[Any]], name: str | None = None) -> list[Offered]:
    """Those fields of a dataclass that the job of this name takes as options; by default all."""
    taker = name if name in ("build", "ingest", "replay") else "table"
    found = []
    for each in offered:
        option: Option | None = each.metadata.get(_OPTION)
        if option and (name is None or taker in option.taken_by):
            default = str(each.default) if isinstance(each.default, Path) else each.default
            found.append(Offered(each.name, None if default == () else default, option))
    return found


def check_value(value: Any, described: Option) -> None:
    """Check one value.

    Raises:
        ValueError: It is out of range, or not of the right form.
    """
    if value is None:
        return
    # Written so that NaN is out of every range.
    is_low = described.minimum is not None and not value >= described.minimum
    is_high = described.maximum is not None and not value <= described.maximum
    if is_low or is_high:
        end = "upwards" if described.maximum is None else f"to {described.maximum:g}"
        raise ValueError(f"found {value}, expected a number from {described.minimum:g} {end}")
    if described.check:
        described.check(value)


def check_months(months: list[str] | tuple[str, ...]) -> None:
    for month in months:
        if not re.fullmatch(ANY_MONTH, month):
            raise ValueError(f'found "{month}", expected YYYY-MM or {UNKNOWN_MONTH}')


def check_dated_month(month: str) -> None:
    """One end of a range: nothing undated lies in it."""
    if month == UNKNOWN_MONTH:
        raise ValueError(f'found "{month}", expected YYYY-MM; see --month {UNKNOWN_MONTH}')
    check_months([month])


def check_globs(globs: list[str] | tuple[str, ...]) -> None:
    """An empty glob comes from a variable that is not set. It would match nothing."""
    for glob in globs:
        check_glob(glob)


def check_path(glob: str) -> None:
    """The path of a file, or a glob."""
    if not glob.strip("/"):
        check_glob(glob)


def check_table(name: str) -> None:
    from schemas.language.registry import load_tables

    if name not in load_tables():
        raise ValueError(f'found "{name}", expected one of {", ".join(load_tables())}')


def check_mapping(name: str) -> None:
    if name not in (*BUILT_IN, CHOSEN_MAPPING):
        raise ValueError(f'found "{name}", expected {", ".join(BUILT_IN)} or {CHOSEN_MAPPING}')


def check_file(path: str) -> None:
    """An empty path comes from a variable that is not set."""
    if not path.strip():
        raise ValueError("found nothing, expected a file")


def check_folder(path: object) -> None:
    """An empty path comes from a variable that is not set. It would be the working directory."""
    if not str(path).strip():
        raise ValueError("found nothing, expected a folder")
