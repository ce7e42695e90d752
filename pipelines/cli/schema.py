"""The command that prints the data dictionary."""

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
from pipelines.cli.output import OutputOption, choose_format, say_written, write_text

if TYPE_CHECKING:
    from pipelines.reports.dictionary import DescribedTable
    from pipelines.warehouse.snapshot import Snapshot

Format = Literal["table", "markdown", "json", "datapackage", "dbt", "odcs", "croissant"]
_BY_SUFFIX: Final[dict[str, Format]] = {".md": "markdown", ".json": "json"}
OF_SNAPSHOTS: Final = ("datapackage", "dbt", "odcs", "croissant")
FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="How it is written. datapackage (Frictionless), dbt (sources.yml), odcs (a data "
        "contract) and croissant (JSON-LD) are files for other tools. By default as the name of "
        "--output ends (.md, .json), or else a table.",
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
    form: FormatOption = None,
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

    chosen: Format = choose_format(
        form, output, _BY_SUFFIX, table="table", json="json" if json else None
    )
    opened = Warehouse(warehouse)
    is_needed = chosen in OF_SNAPSHOTS or table in list_views() or snapshot is not None
    pinned = opened.pin(snapshot) if is_needed or opened.current() is not None else None
    if chosen == "table" and table is None:
        print_overview(outline(pinned))
        example = render_command("schema", "articles", warehouse=warehouse)
        print_error(f"`{example}` says what the columns of articles mean")
        return
    described = describe(table, pinned)
    if chosen == "table":
        print_tables(described)
    else:
        write_text(render(chosen, described, pinned, output), output)
        say_written(output)


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
