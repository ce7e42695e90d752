"""The command that prints the files of a service."""

from typing import Annotated, Any, Final

import click
import typer

from pipelines.cli.app import JsonOption, app, read_job, takes_options
from pipelines.cli.serving import (
    SERVED,
    CronOption,
    IntervalOption,
    NameOption,
    TagOption,
    TimeoutOption,
    ZoneOption,
)
from pipelines.runs.job import list_options
from pipelines.runs.serving import Serving, choose_schedules

SERVE_ONLY: Final = ("name", "cron", "interval", "timezone", "tag", "timeout")
"""The options of `serve` that a build does not have."""
TIMER: Final = "matterhouse-build.timer"
"""The file whose schedule is that of systemd."""


class FileName(click.ParamType):
    """The name of a file that can be printed. The names are loaded only when one is checked."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from pipelines.flows.deploy.files import KINDS

        if value not in KINDS:
            self.fail(f'found "{value}", expected one of {", ".join(KINDS)}', param, ctx)
        return str(value)


@app.command(short_help="Print a file for systemd, Docker or a Prefect worker.")
@takes_options(each for each in list_options() if each.name in SERVED)
def deploy(
    file: Annotated[
        str | None,
        typer.Argument(
            click_type=FileName(), metavar="[FILE]", help="The file to print. Without it, list all."
        ),
    ] = None,
    cron: CronOption = None,
    interval: IntervalOption = None,
    timezone: ZoneOption = None,
    name: NameOption = None,
    tag: TagOption = None,
    timeout: TimeoutOption = None,
    api: Annotated[
        str,
        typer.Option(
            metavar="URL", envvar="PREFECT_API_URL", help="Where the Prefect server answers."
        ),
    ] = "http://127.0.0.1:4200/api",
    json: JsonOption = False,
    **options: Any,
) -> None:
    """Print a file that runs builds as a service, with the folders of this warehouse filled in.

    Writes nothing and asks no server. Each file says in its first lines where it belongs.
    """
    from pipelines.cli.console import print_json, print_line, print_table
    from pipelines.flows.deploy.files import KINDS, render_file
    from pipelines.flows.deploy.site import Site
    from pipelines.flows.serving import check_serving
    from pipelines.runs.job_settings import find_job_settings

    if file == TIMER and (cron or interval):
        raise typer.BadParameter(
            f"{TIMER} takes neither --cron nor --interval: set OnCalendar in it, as "
            "`man systemd.time` says"
        )
    job = read_job("build", options)
    schedules = choose_schedules(find_job_settings(job, None), cron or (), interval, timezone)
    site = Site(Serving(job, schedules, name, tuple(tag or ()), timeout), _list_given(), api)
    if file or json:
        check_serving(site.serving)
    if json:
        names = [file] if file else list(KINDS)
        print_json({each: render_file(each, site) for each in names})
    elif file:
        for line in render_file(file, site).splitlines():
            print_line(line)
    else:
        print_table(("file", "what it does"), [(each, KINDS[each].purpose) for each in KINDS])


def _list_given() -> tuple[str, ...]:
    """The words for those options of `serve` that were given, and that a build does not have."""
    context = click.get_current_context()
    words = []
    for option in context.command.params:
        if option.name in SERVE_ONLY:
            value = context.params[option.name]
            values = value if isinstance(value, list | tuple) else [value]
            words += [
                word for each in values if each is not None for word in (option.opts[0], each)
            ]
    return tuple(map(str, words))
