"""Limits for monitors: how they are written, and what is printed about them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.values.durations import read_duration

if TYPE_CHECKING:
    from pipelines.reports.watching import MonitorLimits


def read_age(text: str) -> timedelta:
    """A duration like 90m, 2h, 1d or 1h30m."""
    try:
        return read_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


MaxAgeOption = Annotated[
    timedelta | None,
    typer.Option(
        "--max-age",
        parser=read_age,
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


def print_health(warehouse: Path, limits: "MonitorLimits", *, is_json: bool) -> None:
    """One line for a monitor. Ends the process with 1 if a limit is broken."""
    from pipelines.cli.console import print_json, print_line
    from pipelines.reports.watching import describe_health, list_broken, name_health, read_health
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
