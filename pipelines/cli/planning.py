"""The commands that try a run, and publish what was tried."""

from dataclasses import asdict
from typing import Annotated, Any, Final

import click
import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    FlowName,
    JsonOption,
    WaitOption,
    WarehouseOption,
    app,
    read_job,
    refuse_together,
    takes_options,
)
from pipelines.cli.comparing import (
    FormatOption,
    LimitOption,
    OutputOption,
    OverwriteOption,
    check_output,
    show_comparison,
)
from pipelines.cli.local_run import run_here
from pipelines.errors import RefusedError
from pipelines.runs.job import Job, list_options


class PlanName(FlowName):
    """The name of what can be planned: `build`, or a flow that can be run by hand."""

    def list_names(self) -> list[str]:
        return ["build", *super().list_names()]


_NEEDLESS: Final = ("dry_run", "keep", "days")
"""Options of a run that mean nothing for a plan: it publishes nothing, and removes nothing."""


@app.command(short_help="Show what a run would change, and publish nothing.")
@takes_options(each for each in list_options() if each.name not in _NEEDLESS)
def plan(
    flow: Annotated[
        str,
        typer.Argument(
            metavar="[FLOW]",
            click_type=PlanName(),
            help="What is tried: build, ingest, or the table to rebuild.",
        ),
    ] = "build",
    limit: LimitOption = None,
    form: FormatOption = "table",
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
    **options: Any,
) -> None:
    """Do all that `build`, or `run FLOW`, would do, but publish nothing: show what would change.

    Shows how many rows would change, the first of them, and which findings would be new or closed.
    `matterhouse apply` then publishes exactly this. Exit code 1 if a guard would refuse it. --json
    has the first 1,000 rows of each kind, `diff staged --format json` has all.

    With --month, only these months of the table are tried, and those of tables made from it. Such a
    plan cannot be applied, since all other months would still follow the old rules.
    """
    from pipelines.cli.plan_text import print_nothing_planned, print_plan
    from pipelines.reports.staged import compare_staged, describe_plan

    refuse_together(json=json, format=form not in ("table", "json"))
    form = "json" if json else form
    check_output(form, output, overwrite=overwrite)
    job = _read_job(flow, options)
    try:
        record = run_here(job)
        is_refused = False
    except RefusedError as error:
        if not error.is_staged:
            raise
        record, is_refused = error.record, True
    if form == "json" and not output:
        from pipelines.cli.console import print_json

        print_json({"record": asdict(record), **describe_plan(job.warehouse, record, limit)})
    elif record.status == "unchanged":
        print_nothing_planned(record, job)
    elif form != "table" or output:
        show_comparison(compare_staged(job.warehouse), form, output, limit)
    else:
        print_plan(record, job, limit)
    if is_refused:
        raise typer.Exit(1)


@app.command(short_help="Publish what was planned.")
def apply(
    accept: Annotated[
        list[str] | None,
        typer.Option(
            "--accept",
            metavar="GUARD",
            help="Publish although this guard refused it, like too-many-rejects. Can be repeated.",
        ),
    ] = None,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    wait: WaitOption = 0,
    json: JsonOption = False,
) -> None:
    """Publish exactly what the last plan, dry run or refused run left in staging.

    First it proves that nothing moved since: the current snapshot, the raw files, the code, the
    settings. If anything did, it names what, and publishes nothing. Any other run in between takes
    the plan away.
    """
    from pipelines.cli.console import ignoring_output_errors, print_json, print_line
    from pipelines.reports.catalog.publishing import publish_page
    from pipelines.runs.apply import apply_plan
    from pipelines.runs.operating import recall_job
    from pipelines.warehouse.warehouse import Warehouse

    record = apply_plan(warehouse, accept or (), wait)
    published = Warehouse(warehouse).pin(record.snapshot)
    publish_page(recall_job(published, warehouse, record.options.get("config")), record)
    with ignoring_output_errors():
        if json:
            print_json(asdict(record))
        else:
            print_line(f"published what was planned: snapshot {record.snapshot}")


def _read_job(flow: str, options: dict[str, Any]) -> Job:
    """The job to try. An option that it does not take is a mistake if somebody typed it."""
    context = click.get_current_context()
    taken = {each.name for each in list_options(flow)}
    for offered in list_options():
        source = context.get_parameter_source(offered.name)
        is_typed = source is click.core.ParameterSource.COMMANDLINE
        if offered.name in options and offered.name not in taken and is_typed:
            raise click.BadParameter(f"{flow} does not take it", param_hint=f"'{offered.flag}'")
    chosen = {name: value for name, value in options.items() if name in taken}
    return read_job(flow, {**chosen, "dry_run": True})
