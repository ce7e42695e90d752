"""The command that prints the data dictionary."""

import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    JsonOption,
    SnapshotOption,
    TableName,
    WarehouseOption,
    app,
)

if TYPE_CHECKING:
    from pipelines.reports.dictionary import DescribedTable
    from pipelines.warehouse.snapshot import Snapshot

Format = Literal["table", "markdown", "json", "datapackage", "dbt", "odcs", "croissant"]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", dir_okay=False, help="Write it to this file, in place of it."),
]
OF_SNAPSHOTS: Final = ("datapackage", "dbt", "odcs", "croissant")
FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help="How it is written. datapackage (Frictionless), dbt (sources.yml), odcs (a data "
        "contract) and croissant (JSON-LD) are files for other tools.",
    ),
]


class DescribedName(TableName):
    """The name of a table or view."""

    def list_names(self) -> list[str]:
        from pipelines.reports.view_dictionary import list_views

        return [*super().list_names(), *list_views()]


@app.command(short_help="Print what every table and column means.")
def schema(
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="[TABLE]", click_type=DescribedName(), help="Only this table or view."
        ),
    ] = None,
    form: FormatOption = "table",
    output: OutputOption = None,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """Print what the tables and views are, or with TABLE what each of its columns means.

    Of a table it says what a row is, which columns identify it and which join other tables. Of a
    column it says the type, whether it may be null, what it means, the keys that it is read from
    and its rules. If there is a warehouse, it also says how many rows a table has. Keys and rules
    are then those of its mapping.

    For example: matterhouse schema articles

    The formats for other tools describe the files or the views of a snapshot, too. For example:
    matterhouse schema --format dbt --output models/sources.yml
    """
    from pipelines.cli.console import print_error
    from pipelines.cli.dictionary_text import print_overview, print_tables
    from pipelines.reports.commands import render_command
    from pipelines.reports.view_dictionary import describe, list_views, outline
    from pipelines.warehouse.warehouse import Warehouse

    if json:
        form = choose_json(form)
    check_output(form, output)
    opened = Warehouse(warehouse)
    is_needed = form in OF_SNAPSHOTS or table in list_views() or snapshot is not None
    pinned = opened.pin(snapshot) if is_needed or opened.current() is not None else None
    if form == "table" and table is None:
        print_overview(outline(pinned))
        example = render_command("schema", "articles", warehouse=warehouse)
        print_error(f"`{example}` says what the columns of articles mean")
        return
    described = describe(table, pinned)
    if form == "table":
        print_tables(described)
    else:
        write(render(form, described, pinned, output), output)


def choose_json(form: Format) -> Format:
    """What `--json` is short for. It excludes other formats."""
    if form not in ("table", "json"):
        raise typer.BadParameter(f"found --json, too, which is not {form}", param_hint="'--format'")
    return "json"


def check_output(form: Format, output: Path | None) -> None:
    """Refuse a file of what is made for the terminal."""
    if output is not None and form == "table":
        raise typer.BadParameter(
            "say with --format what the file is to be, like markdown", param_hint="'--output'"
        )


def render(
    form: Format,
    described: "list[DescribedTable]",
    pinned: "Snapshot | None",
    output: Path | None,
) -> str:
    """The dictionary as the text of a file."""
    from pipelines.reports.metadata.formats import render_own_json, render_standard
    from pipelines.reports.metadata.markdown import render_markdown

    if form == "markdown":
        return render_markdown(described)
    if form == "json" or pinned is None:
        return render_own_json(described)
    return render_standard(form, described, pinned, output)


def write(text: str, output: Path | None) -> None:
    """Print `text`, or put it into a file. A terminal gets nothing that it would obey."""
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
        # All these formats are UTF-8, whatever the locale says.
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", errors="replace")
        sys.stdout.write(text)
