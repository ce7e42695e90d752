"""The command that prints the data dictionary."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    JsonOption,
    SnapshotOption,
    TableName,
    WarehouseOption,
    app,
)
from pipelines.cli.comparing import OutputOption, OverwriteOption, check_free

if TYPE_CHECKING:
    from pipelines.reports.dictionary import DescribedTable
    from pipelines.warehouse.snapshot import Snapshot

Format = Literal["table", "markdown", "json", "datapackage", "dbt", "odcs", "croissant"]
FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help="How it is written. datapackage (Frictionless), dbt (sources.yml), odcs (a data "
        "contract) and croissant (JSON-LD) are files for other tools.",
    ),
]


@app.command(short_help="Print what every table and column means.")
def schema(
    table: Annotated[
        str | None, typer.Argument(click_type=TableName(), help="Only this table.")
    ] = None,
    form: FormatOption = "table",
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """Print what the tables are, or with TABLE what each of its columns means.

    Of a table it says what a row is, which columns identify it and which join other tables. Of a
    column it says the type, whether it may be null, what it means, the keys that it is read from
    and its rules. If there is a warehouse, it also says how many rows a table has. Keys and rules
    are then those of its mapping.

    For example: matterhouse schema articles

    The formats for other tools describe the files or the views of a snapshot, too. For example:
    matterhouse schema --format dbt --output models/sources.yml
    """
    from pipelines.cli.dictionary_text import print_overview, print_tables
    from pipelines.reports.dictionary import describe_tables
    from pipelines.warehouse.warehouse import Warehouse

    form = "json" if json else form
    check_output(form, output, overwrite=overwrite)
    opened = Warehouse(warehouse)
    is_needed = form in ("datapackage", "dbt", "odcs", "croissant") or snapshot is not None
    pinned = opened.pin(snapshot) if is_needed or opened.current() is not None else None
    described = describe_tables([table] if table else None, pinned)
    if form != "table":
        write(render(form, described, pinned, output), output)
    elif table:
        print_tables(described)
    else:
        print_overview(described)


def check_output(form: Format, output: Path | None, *, overwrite: bool) -> None:
    """Refuse a file that cannot be written as it is asked for."""
    if output is not None and form == "table":
        raise typer.BadParameter(
            "say with --format what the file is to be, like markdown", param_hint="'--output'"
        )
    check_free(output, overwrite=overwrite)


def render(
    form: Format,
    described: "list[DescribedTable]",
    pinned: "Snapshot | None",
    output: Path | None,
) -> str:
    """The dictionary as the text of a file."""
    from pipelines.reports.metadata.formats import render_json, render_standard
    from pipelines.reports.metadata.markdown import render_markdown

    if form == "markdown":
        return render_markdown(described)
    if form == "json" or pinned is None:
        return render_json(described)
    return render_standard(form, described, pinned, output)


def write(text: str, output: Path | None) -> None:
    """Print `text`, or put it into a file. A terminal gets nothing that it would obey."""
    from pipelines.cli.console import print_line
    from pipelines.reports.line_files import replace_file
    from pipelines.reports.text import escape_text

    if output is not None:
        with replace_file(output) as file:
            file.write(text.encode())
        print_line(f"written: {output}")
    elif sys.stdout.isatty():
        sys.stdout.write("\n".join(map(escape_text, text.split("\n"))))
    else:
        sys.stdout.write(text)
