"""The application, and the options that commands share."""

import math
import re
from pathlib import Path
from typing import Annotated

import typer

from schemas import TABLE_NAMES
from schemas.language.months import MONTH_PATTERN, UNKNOWN_MONTH

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=(
        "Start with `matterhouse build`; then look with `matterhouse status`, "
        "`matterhouse rejects` and `matterhouse query`."
    ),
)


def print_version(is_asked: bool) -> None:
    """Print the version of what is installed, and end."""
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"matterhouse {version('matterhouse')}")
        raise typer.Exit


@app.callback()
def main(
    _: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=print_version, help="Print the version."),
    ] = False,
) -> None:
    """Turn an archive of front-matter files into Parquet tables that people trust."""


def check_month(value: str | None) -> str | None:
    """A month as it is written in the partitions."""
    if value is not None and not re.fullmatch(f"{MONTH_PATTERN}|{UNKNOWN_MONTH}", value):
        raise typer.BadParameter(f'found "{value}", expected YYYY-MM or {UNKNOWN_MONTH}')
    return value


def check_dated_month(value: str | None) -> str | None:
    """The same of one end of a range, in which nothing undated lies."""
    if value == UNKNOWN_MONTH:
        raise typer.BadParameter(f'found "{value}", expected YYYY-MM; see --month {UNKNOWN_MONTH}')
    return check_month(value)


def check_months(values: list[str] | None) -> list[str]:
    """The same for several."""
    return [month for value in values or [] if (month := check_month(value))]


def check_table(value: str | None) -> str | None:
    """The name of a table."""
    if value is not None and value not in TABLE_NAMES:
        raise typer.BadParameter(f'found "{value}", expected one of {", ".join(TABLE_NAMES)}')
    return value


def check_share(value: float) -> float:
    """A share from 0 to 1."""
    if not 0 <= value <= 1:
        raise typer.BadParameter(f"found {value}, expected a share from 0 to 1")
    return value


def check_number(value: float) -> float:
    """Any but NaN, which no bound keeps out."""
    if math.isnan(value):
        raise typer.BadParameter("found nan, expected a number")
    return value


def check_glob(value: str | None) -> str | None:
    """A glob; empty text, as of a variable that is not set, would match nothing."""
    if value == "":
        raise typer.BadParameter("found nothing, expected a glob")
    return value


def read_folder(text: str) -> Path:
    """A folder; empty text, as of a variable that is not set, would be the one we are in."""
    if not str(text).strip():
        raise typer.BadParameter("found nothing, expected a folder")
    return Path(text)


WarehouseOption = Annotated[
    Path,
    typer.Option(
        "--warehouse",
        envvar="MATTERHOUSE_WAREHOUSE",
        parser=read_folder,
        metavar="FOLDER",
        help="Folder of the tables.",
    ),
]
RawOption = Annotated[
    Path,
    typer.Option(
        "--raw",
        envvar="MATTERHOUSE_RAW",
        parser=read_folder,
        metavar="FOLDER",
        help="Folder of the raw files.",
    ),
]
SnapshotOption = Annotated[
    int | None, typer.Option("--snapshot", help="Read this snapshot; the current one by default.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
WaitOption = Annotated[
    float,
    typer.Option(
        "--wait", min=0, callback=check_number, help="Seconds to wait for another run to end."
    ),
]
TableOption = Annotated[
    str | None, typer.Option("--table", callback=check_table, help="Only those of this table.")
]
