"""The commands that change the warehouse."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pipelines.cli.app import (
    JsonOption,
    RawOption,
    WaitOption,
    WarehouseOption,
    app,
    check_dated_month,
    check_glob,
    check_months,
    check_number,
    check_share,
)
from pipelines.cli.engine import Choice, Engine, choose_engine
from pipelines.commands import DEFAULT_RAW, DEFAULT_WAREHOUSE
from pipelines.documents.batches import load_parsers
from pipelines.errors import PipelineError
from pipelines.processes.workers import Workers
from pipelines.runs.job import Job, Limits

if TYPE_CHECKING:
    from pipelines.warehouse.runs import RunRecord


EngineOption = Annotated[
    Engine,
    typer.Option(
        "--engine", help="auto uses Prefect if an API is configured and answers, else this process."
    ),
]
IncludeOption = Annotated[
    str | None,
    typer.Option(
        "--include",
        envvar="MATTERHOUSE_INCLUDE",
        metavar="GLOB",
        callback=check_glob,
        help="Look only at files whose path below raw/ matches, like '_news/*'; all others count "
        "as not there, and their rows are removed.",
    ),
]
RejectShareOption = Annotated[
    float,
    typer.Option(
        callback=check_share,
        help="Refuse if more than this share of the files is rejected, and more than before; "
        "above 10 files.",
    ),
]
DeleteShareOption = Annotated[
    float,
    typer.Option(
        callback=check_share,
        help="Refuse if more than this share of the known files is gone; above 10 files.",
    ),
]
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", min=1, help="Worker processes; one per processor by default."),
]


@app.command(short_help="Ingest what changed, and publish a snapshot.")
def build(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    raw: RawOption = DEFAULT_RAW,
    include: IncludeOption = None,
    full: Annotated[bool, typer.Option("--full", help="Make everything anew.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; publish nothing.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Publish nothing if there is an error.")
    ] = False,
    max_reject_share: RejectShareOption = Limits.reject_share,
    max_delete_share: DeleteShareOption = Limits.delete_share,
    jobs: JobsOption = None,
    engine: EngineOption = "auto",
    wait: WaitOption = 0,
    json: JsonOption = False,
) -> None:
    """Ingest the raw files that changed, rebuild what is stale, publish one snapshot.

    Exit code 0: published, or nothing to do; 1: failed or refused, nothing published; 2: wrong
    usage; 75: another run holds the lock.
    """
    job = Job(
        "build",
        warehouse,
        raw,
        include=include,
        is_full=full,
        is_dry=dry_run,
        jobs=jobs,
        wait_seconds=wait,
        limits=Limits(max_reject_share, max_delete_share, strict),
    )
    _run(job, engine, is_json=json)


@app.command(short_help="Run one flow by hand.")
def run(
    flow: Annotated[
        Literal["ingest", "articles", "images", "related_links"],
        typer.Argument(help="The flow to run, then what became stale below it."),
    ],
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    raw: RawOption = DEFAULT_RAW,
    month: Annotated[
        list[str] | None,
        typer.Option(
            callback=check_months,
            help="Only this month, YYYY-MM or unknown, and those that are stale; repeatable.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            callback=check_dated_month, help="Only from this month on, besides those of --month."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            callback=check_dated_month, help="Only up to this month, besides those of --month."
        ),
    ] = None,
    max_reject_share: RejectShareOption = Limits.reject_share,
    max_delete_share: DeleteShareOption = Limits.delete_share,
    jobs: JobsOption = None,
    engine: EngineOption = "auto",
    wait: WaitOption = 0,
    json: JsonOption = False,
) -> None:
    """Run one flow by hand: its table is made anew, all or the months asked for.

    Whatever became stale below it is made anew too, so that the snapshot is never a mixture. Only
    ingest takes --raw: the other flows know where their files were read. It looks at the files
    that --include of the last build let it see.
    """
    if flow == "ingest" and (month or since or until):
        raise typer.BadParameter("ingest looks at all files: it takes no months")
    if since and until and since > until:
        raise typer.BadParameter(f"found --since {since}, expected a month up to --until {until}")
    job = Job(
        flow,
        warehouse,
        raw,
        months=tuple(month or ()),
        since=since,
        until=until,
        jobs=jobs,
        wait_seconds=wait,
        limits=Limits(max_reject_share, max_delete_share),
    )
    _run(job, engine, is_json=json)


@app.command()
def rollback(
    number: Annotated[int, typer.Argument(metavar="N", help="The snapshot to go back to.")],
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    wait: WaitOption = 0,
    json: JsonOption = False,
) -> None:
    """Make an earlier snapshot the current one again.

    The next build catches up with raw/ again: mend the raw files first, or stop the schedule.
    """
    from pipelines.cli.console import print_json, print_line, told_if_possible
    from pipelines.runs.maintenance import roll_back

    is_other = roll_back(warehouse, number, wait)
    with told_if_possible():
        if json:
            print_json({"current": number})
        elif not is_other:
            print_line(f"Snapshot {number} is current already.")
        else:
            print_line(f"Snapshot {number} is current again.")
            print_line("The next build catches up with the raw files again.")


@app.command(short_help="Remove old snapshots.")
def prune(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    # Literal: to import KEPT_SNAPSHOTS and KEPT_FOR would load Polars. A test holds them equal.
    keep: Annotated[int, typer.Option(min=1, help="Keep so many of the newest, however old.")] = 20,
    days: Annotated[
        float,
        typer.Option(
            min=0, max=36_500, callback=check_number, help="Keep whatever is younger, 500 at most."
        ),
    ] = 7,
    wait: WaitOption = 0,
    json: JsonOption = False,
) -> None:
    """Remove snapshots that are neither among the newest nor young; the current one stays.

    A reader may still be pinned to what is removed: leave some days.
    """
    from pipelines.cli.console import print_json, print_line, told_if_possible
    from pipelines.reports.text import count_noun
    from pipelines.runs.maintenance import prune_snapshots

    removed = prune_snapshots(warehouse, keep, days, wait)
    with told_if_possible():
        if json:
            print_json({"removed": removed})
        else:
            numbers = ", ".join(map(str, removed))
            print_line(f"Removed {count_noun(len(removed), 'snapshot')}: {numbers or 'none'}.")
            print_line(f"The newest {keep} stay, and those younger than {days:g} days (--days).")


@app.command(short_help="Serve the Prefect deployments.")
def serve(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    raw: RawOption = DEFAULT_RAW,
    include: IncludeOption = None,
    cron: Annotated[str, typer.Option(help="When to build.")] = "0 * * * *",
) -> None:
    """Serve the Prefect deployments: build on a schedule, every flow by hand.

    Needs a Prefect server (`prefect server start`, and PREFECT_API_URL set to it); runs until
    interrupted.
    """
    from pipelines.errors import EngineError

    choice = choose_engine("auto")
    if choice.engine != "prefect":
        raise EngineError(
            f"serve: {choice.reason}, expected a Prefect server: start one with "
            "`prefect server start` and set PREFECT_API_URL"
        )
    from pipelines.flows import serve_deployments

    serve_deployments(warehouse, raw, include, cron)


def _run(job: Job, engine: Engine, *, is_json: bool) -> None:
    """Run `job` on its engine and say what came of it."""
    choice = choose_engine(engine)
    try:
        record = _run_on(choice.engine, job)
    except PipelineError as error:
        if error.record and (is_json or error.record.status == "refused"):
            _tell(job, error.record, choice, is_json=is_json)
        raise
    _tell(job, record, choice, is_json=is_json)


def _tell(job: Job, record: "RunRecord", choice: Choice, *, is_json: bool) -> None:
    from pipelines.cli.console import print_json, print_run, told_if_possible

    look = job.look(is_staged=record.status == "dry_run")
    with told_if_possible():
        if is_json:
            print_json(asdict(record))
        else:
            print_run(record, f"{choice.engine} engine, {choice.reason}", look)


def _run_on(engine: Engine, job: Job) -> "RunRecord":
    if engine == "prefect":
        from pipelines.flows import run_flow

        return run_flow(job)
    with _terminable(), Workers(job.jobs) as workers:
        if job.parses_all:
            # They start while this process loads the rest.
            workers.warm_up(load_parsers)
        from pipelines.cli.console import show_progress
        from pipelines.runs.run import run_job

        with show_progress() as on_progress:
            return run_job(job, on_progress=on_progress, workers=workers)


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM, as schedulers send it, is like Ctrl-C: workers end, and staging is emptied."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
