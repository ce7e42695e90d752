"""The command that profiles a snapshot."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    ConfigOption,
    JsonOption,
    SnapshotOption,
    TableName,
    WarehouseOption,
    app,
    refuse_together,
)
from pipelines.cli.comparing import read_months
from pipelines.runs.job import Job

if TYPE_CHECKING:
    from pipelines.reports.profile.checks import Check

Format = Literal["table", "json", "csv", "markdown", "html"]
_BY_SUFFIX: Final[dict[str, Format]] = {
    ".json": "json",
    ".csv": "csv",
    ".md": "markdown",
    ".html": "html",
}


def read_month(month: str | None) -> str | None:
    """Check the month that was asked for."""
    read_months(None if month is None else [month])
    return month


@app.command(short_help="Show what looks wrong, and what every column holds.")
def profile(
    table: Annotated[
        str | None, typer.Argument(click_type=TableName(), help="Only this table.")
    ] = None,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    snapshot: SnapshotOption = None,
    column: Annotated[str | None, typer.Option(help="Only columns of this name.")] = None,
    provider: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only articles of this provider.")
    ] = None,
    month: Annotated[
        str | None,
        typer.Option(metavar="MONTH", callback=read_month, help="Only articles of this month."),
    ] = None,
    checks: Annotated[
        Literal["all", "only", "none"],
        typer.Option(help="Show warnings and columns, only warnings, or only columns."),
    ] = "all",
    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="How it is written. html is a page for the owner of the archive. By default as "
            "the name of --output ends, or else a table.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", dir_okay=False, help="Write to this file, in place of it."),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show what looks wrong in the archive, and what every column holds.

    Warnings come first. They are about values that no rule forbids: teasers that are missing in
    some months, names with codes in them, midnights, addresses of several files, and more. Each
    has up to five lines of raw files that show it.

    Then come the columns: how many values are null, blank or different, and the most frequent one.

    matterhouse profile -o report.html writes a page that you can send to the owner of the archive.
    [profile] of matterhouse.toml leaves out checks, and sets other thresholds.

    The same figures by provider and month: matterhouse query "FROM profile".
    """
    from pipelines.cli.profile_text import print_profile
    from pipelines.reports.profile.figures import Choice
    from pipelines.reports.profile.profile import make_profile
    from pipelines.runs.operating import recall_job
    from pipelines.warehouse.warehouse import Warehouse

    chosen = choose_format(form, output, is_json=json)
    opened = Warehouse(warehouse)
    pinned = opened.pin(snapshot)
    choice = Choice(table, column, provider, month)
    chosen_checks = [] if checks == "none" else find_checks(recall_job(pinned, warehouse, config))
    made = make_profile(opened, pinned, choice, checks=chosen_checks, with_columns=checks != "only")
    if chosen == "table":
        print_profile(made, choice)
        return
    from pipelines.reports.profile.written import write_profile

    write_text(write_profile(made, chosen), output)


def find_checks(job: Job) -> "list[Check]":
    """The checks, as [profile] of matterhouse.toml says.

    Raises:
        SettingsError: The file makes no sense.
    """
    from pipelines.errors import SettingsError
    from pipelines.reports.profile.checks import adapt_checks
    from pipelines.runs.operating import find_profile_settings
    from pipelines.settings.stored import locate_settings

    said = find_profile_settings(job)
    try:
        return adapt_checks(said.skip, said.thresholds) if said else adapt_checks((), {})
    except ValueError as error:
        file = locate_settings(job.config, job.raw)
        raise SettingsError(f"{file}: profile: {error}") from error


def choose_format(form: Format | None, output: Path | None, *, is_json: bool) -> Format:
    """The format that is asked for."""
    refuse_together(json=is_json, format=form not in (None, "json"))
    if is_json or form is not None:
        chosen = "json" if is_json else form
    else:
        chosen = _BY_SUFFIX.get(output.suffix.lower(), "table") if output else "table"
    assert chosen is not None
    if chosen == "table" and output is not None:
        raise typer.BadParameter(
            "a file can be csv, html, json or markdown: give one", param_hint="'--format'"
        )
    return chosen


def write_text(text: str, output: Path | None) -> None:
    """Write a profile to a file or to standard output."""
    from pipelines.cli.console import print_line
    from pipelines.reports.line_files import replace_file
    from pipelines.reports.text import escape_text

    if output is not None:
        with replace_file(output) as file:
            file.write(text.encode(errors="replace"))
        print_line(f"written: {output}")
    elif sys.stdout.isatty():
        sys.stdout.write("\n".join(map(escape_text, text.split("\n"))))
    else:
        sys.stdout.write(text)
