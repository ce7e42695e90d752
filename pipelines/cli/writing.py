"""The commands that change the warehouse."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    FlowName,
    JsonOption,
    LogFormatOption,
    MetricsOption,
    WaitOption,
    WarehouseOption,
    app,
    read_job,
    takes_options,
)
from pipelines.cli.engine import Choice, Engine, choose_engine, use_prefect
from pipelines.cli.holding import read_reason
from pipelines.cli.local_run import run_here
from pipelines.errors import PipelineError
from pipelines.runs.job import Job, list_options

if TYPE_CHECKING:
    from pipelines.warehouse.runs import RunRecord

EngineOption = Annotated[
    Engine,
    typer.Option(
        "--engine",
        help="auto uses Prefect if an API is configured and answers, else this process. prefect "
        "starts a temporary server if no API is configured.",
    ),
]


@app.command(short_help="Ingest what changed, and publish a snapshot.")
@takes_options(list_options("build"))
def build(
    engine: EngineOption = "auto",
    json: JsonOption = False,
    _metrics: MetricsOption = None,
    _log_format: LogFormatOption = "text",
    **options: Any,
) -> None:
    """Ingest the raw files that changed, rebuild what is out of date, publish one snapshot.

    Exit code 0: published, or nothing to do; 1: failed or refused, nothing published; 2: wrong
    usage; 75: another run holds the lock, or somebody holds the warehouse.
    """
    run_and_print(read_job("build", options), engine, is_json=json)


@app.command(short_help="Rebuild one table, or only some months of it.")
@takes_options(each for each in list_options() if each.option.taken_by & {"ingest", "table"})
def run(
    flow: Annotated[
        str,
        typer.Argument(
            click_type=FlowName(), help="The flow to run: ingest, or the table to rebuild."
        ),
    ],
    engine: EngineOption = "auto",
    json: JsonOption = False,
    _metrics: MetricsOption = None,
    _log_format: LogFormatOption = "text",
    **options: Any,
) -> None:
    """Run one flow by hand: rebuild its table, or the months asked for.

    If this puts tables that are made from it out of date, they are rebuilt too, so a snapshot is
    never a mixture. Only ingest looks at raw files. It uses the globs of the last build.
    """
    run_and_print(read_job(flow, options), engine, is_json=json)


@app.command()
def rollback(
    number: Annotated[int, typer.Argument(metavar="N", help="The snapshot to go back to.")],
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    hold: Annotated[
        str | None,
        typer.Option(
            "--hold",
            metavar="REASON",
            callback=read_reason,
            help="Let no run publish anything until `matterhouse release`.",
        ),
    ] = None,
    wait: WaitOption = 0,
    json: JsonOption = False,
) -> None:
    """Make an earlier snapshot the current one again.

    The next build takes up the raw files again. So fix them first, or keep it away with --hold.
    """
    from pipelines.cli.console import ignoring_output_errors, print_json, print_line
    from pipelines.reports.commands import render_command
    from pipelines.runs.maintenance import roll_back

    is_other = roll_back(warehouse, number, wait, hold)
    with ignoring_output_errors():
        if json:
            print_json({"current": number})
        elif not is_other:
            print_line(f"Snapshot {number} is current already.")
        else:
            print_line(f"Snapshot {number} is current again.")
            if hold is None:
                print_line("The next build takes up the raw files again.")
        if hold and not json:
            release = render_command("release", warehouse=warehouse)
            print_line(f"Nothing is published until `{release}`.")


def run_and_print(job: Job, engine: Engine, *, is_json: bool) -> None:
    """Run `job` on its engine and print the outcome."""
    choice = choose_engine(engine)
    try:
        record = _run_on(choice.engine, job)
    except PipelineError as error:
        if error.record and (is_json or error.record.status == "refused"):
            _print_outcome(job, error.record, choice, is_json=is_json)
        raise
    _print_outcome(job, record, choice, is_json=is_json)


def _print_outcome(job: Job, record: "RunRecord", choice: Choice, *, is_json: bool) -> None:
    from pipelines.cli.console import ignoring_output_errors, print_json
    from pipelines.cli.outcome import print_run

    with ignoring_output_errors():
        if is_json:
            print_json(asdict(record))
        else:
            print_run(record, f"{choice.engine} engine, {choice.reason}", job)


def _run_on(engine: Engine, job: Job) -> "RunRecord":
    if engine == "prefect":
        use_prefect()
        from pipelines.flows.flow import run_flow

        return run_flow(job)
    return run_here(job)
