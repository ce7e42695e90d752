"""Limits for monitors: how they are written, and what is printed about them."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from pipelines.reports.limits import Limits

_UNITS: Final = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days"}
_DURATION: Final = re.compile(r"(?:([0-9]+) ?(s|min|m|h|d) ?)+")
_PART: Final = re.compile(r"([0-9]+) ?(s|min|m|h|d)")
_MOST_DIGITS: Final = 9


def read_duration(text: str) -> timedelta:
    """A duration like 90m, 2h, 1d or 1h30m."""
    parts = _PART.findall(text)
    if not _DURATION.fullmatch(text.strip()) or any(len(each) > _MOST_DIGITS for each, _ in parts):
        raise typer.BadParameter(f'found "{text}", expected a duration like 90m, 2h or 1d')
    try:
        return sum((timedelta(**{_UNITS[unit]: int(n)}) for n, unit in parts), timedelta())
    except OverflowError as error:
        raise typer.BadParameter(f'found "{text}", expected less') from error


MaxAgeOption = Annotated[
    timedelta | None,
    typer.Option(
        "--max-age",
        parser=read_duration,
        metavar="DURATION",
        help="For monitors: exit with 1 if the last build that succeeded, published or unchanged, "
        "is older than this, like 90m, 2h or 1d.",
    ),
]
MaxRejectsOption = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="For monitors: exit with 1 if there are more errors."),
]
MaxNewRejectsOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="For monitors: exit with 1 if more errors came with the current snapshot.",
    ),
]


def print_health(warehouse: Path, limits: "Limits", *, is_json: bool) -> None:
    """One line for a monitor. Ends the process with 1 if a limit is broken."""
    from pipelines.cli.console import print_json, print_line
    from pipelines.reports.limits import describe_health, list_broken, name_health, read_health
    from pipelines.warehouse.warehouse import Warehouse

    now = datetime.now(UTC)
    health = read_health(Warehouse(warehouse), now)
    broken = list_broken(health, limits, now)
    if is_json:
        print_json(name_health(health, broken, now))
    elif broken:
        print_line(f"{warehouse}: {'; '.join(broken)}")
    else:
        print_line(f"{warehouse}: ok: {describe_health(health, now)}")
    if broken:
        raise typer.Exit(1)
