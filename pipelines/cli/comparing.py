"""The command that compares two snapshots."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import click
import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    JsonOption,
    TableName,
    WarehouseOption,
    app,
    refuse_together,
)
from pipelines.runs.options import check_months
from pipelines.sources.globs import check_glob

if TYPE_CHECKING:
    from pipelines.reports.comparison import Comparison
    from pipelines.warehouse.snapshot import Snapshot
    from pipelines.warehouse.warehouse import Warehouse

Format = Literal["table", "json", "csv", "parquet", "html"]


class SnapshotName(click.ParamType):
    """A snapshot as people call it: its number, `current` or `staged`."""

    name = "snapshot"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        name = str(value)
        if name in ("current", "staged"):
            return name
        if not (name.isascii() and name.isdecimal()):
            self.fail(f'found "{value}", expected a number, current or staged', param, ctx)
        return int(name)


def read_months(months: list[str] | None) -> list[str] | None:
    """Check the months that were asked for."""
    try:
        check_months(months or [])
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return months


def read_glob(glob: str | None) -> str | None:
    """Check the glob that was asked for."""
    try:
        if glob is not None:
            check_glob(glob)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return glob


LimitOption = Annotated[
    int | None,
    typer.Option(
        "--limit",
        min=0,
        max=10**9,
        metavar="N",
        help="Show at most N lines of changed, of added and of removed rows of each table. By "
        "default 10 on the terminal, 1,000 on a page, all in files for programs.",
    ),
]
FormatOption = Annotated[
    Format,
    typer.Option(
        "--format",
        help="How rows are shown. json, csv and parquet are for programs, html is a page.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write into this file."),
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace the file of --output if it is there.")
]


@app.command(short_help="Show what changed between two snapshots.")
def diff(
    old: Annotated[
        str | None,
        typer.Argument(
            metavar="[OLD]", click_type=SnapshotName(), help="The parent of NEW by default."
        ),
    ] = None,
    new: Annotated[
        str | None,
        typer.Argument(
            metavar="[NEW]", click_type=SnapshotName(), help="The current one by default."
        ),
    ] = None,
    rows: Annotated[
        bool, typer.Option("--rows", help="Show which rows and cells, not only how many.")
    ] = False,
    table: Annotated[
        str | None, typer.Option("--table", click_type=TableName(), help="Only this table.")
    ] = None,
    month: Annotated[
        list[str] | None,
        typer.Option(
            "--month",
            metavar="MONTH",
            callback=read_months,
            help="Only this month, YYYY-MM or unknown, of tables that have months. Can be "
            "repeated.",
        ),
    ] = None,
    path: Annotated[
        str | None,
        typer.Option(
            metavar="GLOB", callback=read_glob, help="Only rows of files that match, like '_news/'."
        ),
    ] = None,
    limit: LimitOption = None,
    form: FormatOption = "table",
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    json: JsonOption = False,
) -> None:
    """Show what changed between two snapshots: how many rows, and with --rows which cells.

    OLD and NEW are numbers, `current`, or `staged`: what the last run left there because it was
    refused, dry or a plan. A row is the same if it is the same thing, wherever it stands: a link by
    its target, an image by its address. One that only moved did not change.
    """
    from pipelines.reports.comparison import Choice, Comparison
    from pipelines.warehouse.warehouse import Warehouse

    refuse_together(json=json, format=form not in ("table", "json"))
    form = "json" if json else form
    check_output(form, output, overwrite=overwrite)
    pair = _open_pair(Warehouse(warehouse), old, new)
    choice = Choice(table, tuple(month or ()), path)
    shows_rows = rows or limit is not None or form in ("csv", "parquet", "html") or bool(output)
    # A first plan is compared with nothing.
    comparison = Comparison(*pair, choice) if pair[0] or not pair[1].is_published else None
    if comparison is None and form != "json":
        _say_no_parent(pair[1], warehouse)
    elif not shows_rows:
        _print_counts(comparison, warehouse, is_json=form == "json")
    else:
        show_comparison(comparison or Comparison(pair[1], pair[1], choice), form, output, limit)


def check_output(form: Format, output: Path | None, *, overwrite: bool) -> None:
    """Refuse a file that is there already, and a form that needs one."""
    if form == "parquet" and output is None:
        raise typer.BadParameter("parquet needs a file: add --output FILE", param_hint="'--format'")
    if output is not None and output.exists() and (not overwrite or output.is_dir()):
        way = "name another file" if output.is_dir() else "name another file, or add --overwrite"
        raise typer.BadParameter(f"{output} is there already: {way}", param_hint="'--output'")


def show_comparison(
    comparison: "Comparison", form: Format, output: Path | None, limit: int | None
) -> None:
    """The lines of a comparison, on the terminal or in a file."""
    from pipelines.cli.comparison_text import print_comparison, write_to_stdout
    from pipelines.cli.console import print_line
    from pipelines.reports.line_files import replace_file, write_lines

    if form == "table" and output is None:
        print_comparison(comparison, limit)
        return
    as_file = _guess_format(output) if form == "table" and output else form
    if as_file == "table":
        raise typer.BadParameter(
            "say with --format what the file is to be: json, csv, parquet or html",
            param_hint="'--output'",
        )
    if output is None:
        write_to_stdout(comparison, as_file, limit)
        return
    with replace_file(output) as file:
        write_lines(comparison, as_file, file, limit)
    print_line(f"written: {output}")


def _guess_format(output: Path) -> Format:
    """What the name of a file says it is."""
    forms: dict[str, Format] = {
        ".json": "json",
        ".csv": "csv",
        ".parquet": "parquet",
        ".html": "html",
    }
    return forms.get(output.suffix.lower(), "table")


def _open_pair(
    opened: "Warehouse", old: int | str | None, new: int | str | None
) -> tuple["Snapshot | None", "Snapshot"]:
    """The two snapshots; the older one is None if the newer one has no parent."""
    from pipelines.errors import WarehouseError
    from pipelines.reports.commands import render_command

    if isinstance(old, str) and new is None:
        # There is nothing behind it, so it is the new one.
        old, new = None, old
    newer = _open(opened, new)
    if old is not None:
        return _open(opened, old), newer
    parent = newer.manifest.parent
    if parent not in (None, *opened.numbers()):
        any_two = render_command("diff", "OLD", "NEW", warehouse=opened.root)
        raise WarehouseError(
            f"snapshot {newer.manifest.snapshot}: its parent {parent} is pruned; name two that are "
            f"there: `{any_two}`"
        )
    return (None if parent is None else opened.snapshot(parent)), newer


def _open(opened: "Warehouse", name: int | str | None) -> "Snapshot":
    if name == "staged":
        return opened.staged()
    return opened.pin(None if isinstance(name, str) else name)


def _say_no_parent(newer: "Snapshot", warehouse: Path) -> None:
    from pipelines.cli.console import print_line
    from pipelines.reports.commands import render_command

    any_two = render_command("diff", "OLD", "NEW", warehouse=warehouse)
    print_line(
        f"snapshot {newer.manifest.snapshot} has no parent to compare it with; name any two: "
        f"`{any_two}`"
    )


def _print_counts(comparison: "Comparison | None", warehouse: Path, *, is_json: bool) -> None:
    from pipelines.cli.comparison_text import describe_pair
    from pipelines.cli.console import print_error, print_json, print_table
    from pipelines.reports.commands import render_command
    from pipelines.reports.line_files import name_snapshots
    from pipelines.reports.text import shorten_list

    counts = comparison.count() if comparison else []
    if is_json or comparison is None:
        print_json([each._asdict() for each in counts])
        return
    print_table(
        ("table", "added", "removed", "changed", "moved", "partitions"),
        [
            (each.table, each.added, each.removed, each.changed, each.moved, listed)
            for each in counts
            for listed in [shorten_list(each.partitions)]
        ],
        describe_pair(comparison),
    )
    if any(each.added or each.removed or each.changed for each in counts):
        names = [str(name) for name in name_snapshots(comparison).values() if name is not None]
        rows = render_command("diff", *names, "--rows", warehouse=warehouse)
        print_error(f"see which rows with `{rows}`")
