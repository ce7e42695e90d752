"""The commands that hold a warehouse, and let it go on."""

from dataclasses import asdict
from typing import Annotated

import typer

from pipelines.cli.app import DEFAULT_WAREHOUSE, JsonOption, WarehouseOption, app


def read_reason(reason: str | None) -> str | None:
    """Check the reason that was given."""
    from pipelines.warehouse.hold import MOST_CHARACTERS

    if reason is None:
        return None
    folded = " ".join(reason.split())
    if not folded:
        raise typer.BadParameter("found nothing, expected a reason for those who come later")
    if len(folded) > MOST_CHARACTERS:
        raise typer.BadParameter(
            f"found {len(folded):,} characters, expected {MOST_CHARACTERS} at most"
        )
    return folded


@app.command(short_help="Let no run publish, until `release`.")
def hold(
    reason: Annotated[
        str,
        typer.Argument(
            callback=read_reason, help="Why, for everybody who wonders that nothing is published."
        ),
    ],
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    json: JsonOption = False,
) -> None:
    """Let no run publish anything until `matterhouse release`.

    Scheduled builds and runs by hand end at once as skipped, with exit code 75 and the reason. One
    that is at work does not publish either. Plans, rollbacks, prune, verify and all reading go on.
    """
    from pipelines.cli.console import ignoring_output_errors, print_json, print_line
    from pipelines.reports.commands import render_command
    from pipelines.warehouse.hold import hold_warehouse

    held = hold_warehouse(warehouse, reason)
    with ignoring_output_errors():
        if json:
            print_json(asdict(held))
        else:
            release = render_command("release", warehouse=warehouse)
            print_line(f"{warehouse} is held: {reason}")
            print_line(f"Nothing is published until `{release}`.")


@app.command(short_help="Let runs publish again after `hold`.")
def release(
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    json: JsonOption = False,
) -> None:
    """Let runs publish again after `matterhouse hold`. The next build takes up what changed."""
    from pipelines.cli.console import ignoring_output_errors, print_json, print_line
    from pipelines.warehouse.hold import release_warehouse

    held = release_warehouse(warehouse)
    with ignoring_output_errors():
        if json:
            print_json({"released": asdict(held) if held else None})
        elif held:
            print_line(f"{warehouse} is released. It was {held}")
        else:
            print_line(f"{warehouse} was not held.")
