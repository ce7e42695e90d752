"""The command that profiles a snapshot."""

from typing import Annotated, Final, Literal

import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    ConfigOption,
    JsonOption,
    SnapshotOption,
    TableName,
    WarehouseOption,
    app,
)
from pipelines.cli.comparing import read_months
from pipelines.cli.output import OutputOption, choose_format, say_written, write_text

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
    output: OutputOption = None,
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
    from pipelines.reports.profile.adapted import find_checks
    from pipelines.reports.profile.figures import Choice
    from pipelines.reports.profile.profile import make_profile
    from pipelines.runs.operating import recall_job
    from pipelines.warehouse.warehouse import Warehouse

    chosen: Format = choose_format(
        form, output, _BY_SUFFIX, table="table", json="json" if json else None
    )
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
    say_written(output)
