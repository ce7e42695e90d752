"""The command that removes what is old."""

from typing import Annotated, Any

import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    OFFERED,
    ConfigOption,
    JsonOption,
    WaitOption,
    WarehouseOption,
    app,
    check_number,
    make_option,
)
from pipelines.warehouse.retention import MOST_DAYS, MOST_RUNS, Retention

_USUAL = Retention()


def _offer(help: str, usual: float, *, is_days: bool = False) -> Any:
    """An option whose default is what matterhouse.toml says, or else `usual`."""
    most = MOST_DAYS if is_days else None
    return typer.Option(
        min=0 if is_days else 1,
        max=most,
        metavar="DAYS" if is_days else "N",
        callback=check_number if is_days else None,
        help=f"{help} By default as [retention] says, or else {usual:,}.",
    )


@app.command(short_help="Remove old snapshots and records of runs.")
def prune(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    keep: Annotated[int | None, make_option(OFFERED["keep"])] = None,
    days: Annotated[float | None, make_option(OFFERED["days"], callback=check_number)] = None,
    runs: Annotated[
        int | None,
        _offer("Keep this many records of runs, the newest, however old.", _USUAL.runs),
    ] = None,
    run_days: Annotated[
        float | None,
        _offer(
            f"Also keep records of runs younger than this ({MOST_RUNS:,} in all).",
            _USUAL.run_days,
            is_days=True,
        ),
    ] = None,
    config: ConfigOption = None,
    wait: WaitOption = 0,
    json: JsonOption = False,
) -> None:
    """Remove snapshots that are neither among the newest nor young, and likewise records of runs.

    The current snapshot stays. A reader may still have pinned what is removed: leave some days.
    """
    from dataclasses import replace

    from pipelines.cli.console import ignoring_output_errors, print_json, print_line
    from pipelines.reports.text import count_noun
    from pipelines.runs.maintenance import prune_warehouse
    from pipelines.runs.operating import find_retention, recall_job
    from pipelines.warehouse.warehouse import Warehouse

    job = recall_job(Warehouse(warehouse).pin(), warehouse, config)
    asked = {"keep": keep, "days": days, "runs": runs, "run_days": run_days}
    given: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    retention = replace(find_retention(job), **given)
    removed = prune_warehouse(warehouse, retention, wait)
    with ignoring_output_errors():
        if json:
            print_json({"removed": removed.snapshots, "removed_runs": removed.runs})
            return
        numbers = ", ".join(map(str, removed.snapshots))
        found = f"Removed {count_noun(len(removed.snapshots), 'snapshot')}: {numbers}."
        print_line(found if numbers else "No snapshot had to be removed.")
        print_line(
            f"The newest {retention.keep} stay, and those younger than {retention.days:g} days "
            "(--days)."
        )
        if removed.runs:
            print_line(f"Removed {count_noun(removed.runs, 'record')} of runs (--runs).")
