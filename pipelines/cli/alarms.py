"""The command that lets a Prefect server call somebody."""

from typing import Annotated, Final

import typer

from pipelines.cli.app import JsonOption, app
from pipelines.cli.engine import choose_engine

LEAST_SECONDS: Final = 10
"""Prefect takes no less."""


@app.command(short_help="Be called when a run on Prefect fails or does not start.")
def alarm(
    url: Annotated[
        str | None,
        typer.Argument(metavar="[URL]", help="What is called: a POST of JSON, with a `text`."),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Call nobody any more.")] = False,
    late: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=LEAST_SECONDS,
            help="Call if a run is due and does not start for so long.",
        ),
    ] = 600,
    silent: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=LEAST_SECONDS,
            help="End a run as Crashed, and call, if it gave no sign of life for so long. A run "
            "gives one every 3 minutes.",
        ),
    ] = 900,
    json: JsonOption = False,
) -> None:
    """Let the Prefect server call URL when a run of any warehouse fails, crashes or does not start.

    Needs a Prefect server. It goes on after this command has ended. A second call replaces the
    first one.
    """
    from pipelines.cli.console import print_json, print_line
    from pipelines.errors import EngineError

    if (url is None) != off:
        raise typer.BadParameter("give either a URL or --off")
    if url is not None and not url.startswith(("http://", "https://")):
        raise typer.BadParameter(f'found "{url}", expected an address with http:// or https://')
    choice = choose_engine("auto")
    if choice.engine != "prefect":
        raise EngineError(f"alarm needs a Prefect server, but {choice.reason}", is_optional=False)
    from pipelines.flows.alarms import remove_alarms, set_alarms

    names = remove_alarms() if url is None else set_alarms(url, late, silent)
    if json:
        print_json({"automations": [] if off else names})
    elif off:
        print_line(f"Removed {len(names)} alarms." if names else "There was no alarm.")
    else:
        print_line("From now on the Prefect server calls this address. Its automations are:")
        for each in names:
            print_line(f"  {each}")
