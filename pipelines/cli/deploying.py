"""The command that prints the files of a service."""

from typing import Annotated, Any, Final

import click
import typer

from pipelines.cli.app import JsonOption, app, read_job, takes_options
from pipelines.runs.job import list_options

PLACES: Final = ("warehouse", "raw", "include", "exclude", "config")
"""The options of a build that its files repeat."""


class FileName(click.ParamType):
    """The name of a file that can be printed. The names are loaded only when one is checked."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from pipelines.flows.deploy.files import KINDS

        if value not in KINDS:
            self.fail(f'found "{value}", expected one of {", ".join(KINDS)}', param, ctx)
        return str(value)


@app.command(short_help="Print a systemd unit, a prefect.yaml or a compose file.")
@takes_options(each for each in list_options() if each.name in PLACES)
def deploy(
    file: Annotated[
        str | None,
        typer.Argument(
            click_type=FileName(), metavar="[FILE]", help="The file to print. Without it, list all."
        ),
    ] = None,
    cron: Annotated[str, typer.Option(help="When to build.")] = "0 * * * *",
    timezone: Annotated[
        str, typer.Option(metavar="ZONE", help="The time zone of --cron. UTC by default.")
    ] = "",
    name: Annotated[
        str, typer.Option(help="Tells this warehouse apart from others on the same server.")
    ] = "",
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

    site = Site(read_job("build", options), cron, timezone, name, api)
    if json:
        names = [file] if file else list(KINDS)
        print_json({each: render_file(each, site) for each in names})
    elif file:
        for line in render_file(file, site).splitlines():
            print_line(line)
    else:
        print_table(("file", "what it does"), [(each, KINDS[each].purpose) for each in KINDS])
