"""The command that shows what runs did."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from pipelines.cli.app import DEFAULT_WAREHOUSE, JsonOption, WarehouseOption, app

if TYPE_CHECKING:
    from pipelines.warehouse.runs import RunRecord

_EMPTY: Final[tuple[Any, ...]] = (None, {}, [])
MOST_CHARACTERS: Final = 100
"""How much of a message a line of the list shows."""


def read_date(text: str) -> datetime:
    """A date, or a time; in UTC if it has no zone."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f'found "{text}", expected YYYY-MM-DD') from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)


@app.command(short_help="List what the last runs did.")
def runs(
    run_id: Annotated[
        str | None,
        typer.Argument(metavar="[RUN_ID]", help="Show this run in full. Its beginning will do."),
    ] = None,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    limit: Annotated[
        int, typer.Option(min=1, max=10**6, metavar="N", help="Show at most this many.")
    ] = 20,
    status: Annotated[
        str | None,
        typer.Option(
            help="Only runs that ended so, like published, unchanged, refused, failed or killed."
        ),
    ] = None,
    job: Annotated[
        str | None, typer.Option(help="Only runs of this job, like build or rollback.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(parser=read_date, metavar="DATE", help="Only runs since this day."),
    ] = None,
    long: Annotated[
        bool,
        typer.Option(
            "--long", help="Show the seconds of each step, the version and the host, too."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """List the runs of a warehouse, the newest first, or show one in full.

    Failed, refused and empty runs are there, too. `matterhouse query` knows the same records as the
    view `runs`.
    """
    from itertools import islice

    from pipelines.cli.columns import align_columns
    from pipelines.cli.console import print_error, print_json, print_line
    from pipelines.reports.runs import describe_run, find_run
    from pipelines.warehouse.history import select_runs
    from pipelines.warehouse.runs import list_run_ids
    from pipelines.warehouse.warehouse import Warehouse

    if not list_run_ids(warehouse):
        # If nothing is published either, this says so.
        Warehouse(warehouse).pin()
    if run_id is not None:
        run = find_run(warehouse, run_id)
        if json:
            print_json(describe_run(run))
        else:
            for line in describe_in_full(run):
                print_line(line)
        return
    found = select_runs(warehouse, job=job, status=status, since=since)
    listed = list(islice(found, limit))
    if json:
        print_json([describe_run(each) for each in listed])
        return
    if not listed:
        is_narrowed = job or status or since
        print_error("no run matches" if is_narrowed else f"{warehouse}: no run left a record here")
        return
    header = ["run", "status", "snapshot", "changes", "new rejects", "seconds"]
    header += ["steps", "version", "host"] if long else []
    rows = [list_cells(each, is_long=long) for each in listed]
    for line in align_columns([*header, "message"], rows):
        print_line(line)


def list_cells(run: "RunRecord", *, is_long: bool) -> list[str]:
    """The cells of a run in the list."""
    more = [describe_steps(run), run.version or "", run.host or ""] if is_long else []
    message = run.message or ""
    if len(message) > MOST_CHARACTERS + 3:
        message = f"{message[:MOST_CHARACTERS]}..."
    return [
        run.run_id,
        run.status,
        "" if run.snapshot is None else str(run.snapshot),
        describe_changes(run),
        str(run.new_findings.get("error", "")),
        "" if run.seconds is None else f"{run.seconds:.1f}",
        *more,
        message,
    ]


def describe_changes(run: "RunRecord") -> str:
    """The files that changed, by kind; empty if none did."""
    from pipelines.reports.text import describe_counts

    return describe_counts(run.changes) if any(run.changes.values()) else ""


def describe_steps(run: "RunRecord") -> str:
    """The seconds that each step took."""
    return ", ".join(f"{step} {seconds:.1f}" for step, seconds in run.steps.items())


def describe_in_full(run: "RunRecord") -> Iterator[str]:
    """A line for each fact about a run, and one for each of what it counts."""
    from pipelines.reports.runs import describe_run

    for name, value in describe_run(run).items():
        if value in _EMPTY:
            continue
        if isinstance(value, dict | list):
            yield f"{name}:"
            yield from (f"  {line}" for line in _list_values(value))
        else:
            yield f"{name}: {_render(value)}"


def _list_values(values: dict[str, Any] | list[Any]) -> Iterator[str]:
    if isinstance(values, dict):
        said = ((name, value) for name, value in values.items() if value not in _EMPTY)
        yield from (f"{name}: {_render(value)}" for name, value in said)
        return
    from pipelines.reports.text import render_finding

    # The only list of a record is that of findings.
    yield from (render_finding(each, str) for each in values)


def _render(value: Any) -> str:
    if isinstance(value, dict):
        said = ((name, each) for name, each in value.items() if each not in _EMPTY)
        return ", ".join(f"{name} {_render(each)}" for name, each in said)
    if isinstance(value, list | tuple):
        return ", ".join(map(_render, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
