"""The command for a warehouse that was moved."""

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    JsonOption,
    WaitOption,
    WarehouseOption,
    app,
)


@app.command(short_help="Write the DuckDB files again, after a move.")
def relink(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    wait: WaitOption = 0,
    json: JsonOption = False,
) -> None:
    """Write warehouse.duckdb of every snapshot again, so that it finds the tables where they are.

    DuckDB needs whole paths. So after the folder was moved or copied, its views point to the old
    place. All else in a warehouse works wherever it lies.
    """
    from pipelines.cli.console import ignoring_output_errors, print_json, print_line
    from pipelines.reports.text import count_noun
    from pipelines.runs.reader_files import relink_snapshots

    numbers = relink_snapshots(warehouse, wait)
    with ignoring_output_errors():
        if json:
            print_json({"relinked": numbers})
            return
        files = count_noun(len(numbers), "DuckDB file")
        print_line(f"Wrote {files}: the views find the tables in {warehouse}.")
