"""The command that makes the page of a snapshot."""

from typing import Annotated

import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    JsonOption,
    SnapshotOption,
    WarehouseOption,
    app,
    refuse_together,
)
from pipelines.cli.output import OutputOption


@app.command(short_help="Make a page that explains the tables, for any browser.")
def catalog(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    snapshot: SnapshotOption = None,
    output: OutputOption = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Show the page in the browser of this machine.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make a page that explains a snapshot, and print where it is.

    The page shows the tables and what joins to what, every column with its meaning, its gaps and
    its most frequent values, articles by month, providers, findings with their lines, runs and
    snapshots, what goes wrong in counting, and queries to copy. It is one file that loads nothing
    else, and it works without a network.

    It lies beside the tables: WAREHOUSE/catalog.html is always that of the current snapshot. It is
    made again only when it is out of date. --json prints what it says, for machines.
    """
    from pipelines.cli.console import print_json, print_line
    from pipelines.reports.catalog.keeping import describe_snapshot, keep_page, write_page
    from pipelines.reports.commands import shorten_path
    from pipelines.warehouse.warehouse import Warehouse

    refuse_together(json=json, output=output is not None)
    refuse_together(json=json, open=open_)
    opened = Warehouse(warehouse)
    pinned = opened.pin(snapshot)
    if json:
        print_json(describe_snapshot(opened, pinned))
        return
    if output is None:
        path = keep_page(opened, pinned)
    else:
        write_page(opened, pinned, output.resolve())
        path = output
    print_line(shorten_path(path))
    if open_:
        typer.launch(path.absolute().as_uri())
