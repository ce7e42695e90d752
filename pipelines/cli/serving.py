"""The command that serves the flows to a Prefect server."""

import time
from typing import Annotated, Any, Final

import typer

from pipelines.cli.app import (
    LogFormatOption,
    MetricsOption,
    app,
    check_number,
    read_job,
    takes_options,
)
from pipelines.cli.engine import answers, find_api_url, use_prefect
from pipelines.errors import EngineError
from pipelines.runs.job import list_options
from pipelines.runs.serving import Serving, choose_schedules

SERVED: Final = ("warehouse", "raw", "include", "exclude", "config")
"""The options that deployments are served with."""
ASKED_EVERY_SECONDS: Final = 1.0
SAID_EVERY_SECONDS: Final = 60.0


CronOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CRON",
        help="When to build, like '0 * * * *', which is the default. Can be repeated.",
    ),
]
IntervalOption = Annotated[
    str | None,
    typer.Option(metavar="DURATION", help="Build this often, like 90s, 15m, 2h or 1d."),
]
ZoneOption = Annotated[
    str | None,
    typer.Option(metavar="ZONE", help="The time zone of the schedules. [default: UTC]"),
]
NameOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What the names of the deployments begin with, as in build/NAME-scheduled. Needed "
        "if others on the server have these names.",
    ),
]
TagOption = Annotated[
    list[str] | None,
    typer.Option(metavar="TAG", help="A tag for the deployments. Can be repeated."),
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        min=1,
        callback=check_number,
        help="End a run that takes longer, even if it hangs.",
    ),
]


@app.command(short_help="Run builds on a schedule, with Prefect.")
@takes_options(each for each in list_options() if each.name in SERVED)
def serve(
    cron: CronOption = None,
    interval: IntervalOption = None,
    timezone: ZoneOption = None,
    name: NameOption = None,
    tag: TagOption = None,
    timeout: TimeoutOption = None,
    wait_for_server: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=0,
            callback=check_number,
            help="Wait at most this long for the server at the start. Without it, wait on.",
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say when what would run next, and end. Asks no server."),
    ] = False,
    _metrics: MetricsOption = None,
    _log_format: LogFormatOption = "text",
    **options: Any,
) -> None:
    """Serve the Prefect deployments: what is scheduled, and every flow by hand.

    Needs a Prefect server (`prefect server start`, and PREFECT_API_URL set to it). Runs until it is
    interrupted. It waits for the server at the start, and whenever it is away later.

    The schedules are those of --cron and --interval, and the tables [[schedules]] of
    matterhouse.toml. Options replace the builds of the file.
    """
    # First, since Prefect cannot be loaded if it cannot read its settings.
    url = find_api_url()
    if url is None and not dry_run:
        raise EngineError(
            "serve needs a Prefect server, but no Prefect API is configured", is_optional=False
        )
    from pipelines.flows.schedules import describe_schedules
    from pipelines.flows.serving import check_serving, serve_deployments
    from pipelines.runs.job_settings import find_job_settings

    job = read_job("build", options)
    schedules = choose_schedules(find_job_settings(job, None), cron or (), interval, timezone)
    serving = Serving(job, schedules, name, tuple(tag or ()), timeout)
    check_serving(serving)
    if dry_run:
        from pipelines.cli.console import print_line

        for line in describe_schedules(serving):
            print_line(line)
        return
    assert url is not None
    wait_for_api(url, wait_for_server)
    use_prefect()
    serve_deployments(serving)


def wait_for_api(url: str, most_seconds: float | None) -> None:
    """Wait until the Prefect server answers. It says so once, then every minute.

    Raises:
        EngineError: It did not answer in time.
    """
    began = time.monotonic()
    said = -SAID_EVERY_SECONDS
    while not answers(url):
        waited = time.monotonic() - began
        if most_seconds is not None and waited >= most_seconds:
            raise EngineError(
                f"the Prefect API {url} did not answer for {waited:.0f} s", is_optional=False
            )
        if waited - said >= SAID_EVERY_SECONDS:
            said = waited
            since = f", for {waited:.0f} s now" if waited >= SAID_EVERY_SECONDS else ""
            typer.echo(f"waiting for the Prefect API {url}{since}", err=True)
        time.sleep(ASKED_EVERY_SECONDS)
