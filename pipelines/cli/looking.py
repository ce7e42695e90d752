"""The command that looks at raw files before anything is built."""

from typing import Annotated, Any

import click
import typer
from typer.core import TyperCommand

from pipelines.cli.app import (
    DEFAULT_RAW,
    RAW_VARIABLE,
    JsonOption,
    app,
    read_job,
    takes_options,
)
from pipelines.runs.job import list_options
from pipelines.warehouse.layout import SETTINGS_NAME


class InspectCommand(TyperCommand):
    """A command whose option `--write` may stand without a value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments. Without a value, that of `--write` is empty."""
        following = [*args, "--"][1:]
        filled = [
            f"{word}=" if word == "--write" and after.startswith("-") else word
            for word, after in zip(args, following, strict=True)
        ]
        return super().parse_args(ctx, filled)


@app.command(cls=InspectCommand, short_help="Look at an archive before anything is built.")
@takes_options(
    each.without_effect()
    for each in list_options()
    if each.name in ("include", "exclude", "config")
)
def inspect(
    raw: Annotated[
        str, typer.Argument(metavar="[RAW]", help="Folder of the raw files.", envvar=RAW_VARIABLE)
    ] = DEFAULT_RAW,
    all_: Annotated[
        bool, typer.Option("--all", help="Read every file, and show every key and reason.")
    ] = False,
    write: Annotated[
        str | None,
        typer.Option(
            metavar="[FILE]",
            help=f"Write a proposed {SETTINGS_NAME}, and say what it would change. Without FILE, "
            "it is written beside RAW, where a build finds it. Nothing is overwritten.",
        ),
    ] = None,
    json: JsonOption = False,
    **options: Any,
) -> None:
    """Show what an archive holds, and what a first build would make of it.

    Writes nothing but what --write asks for. Above 20,000 files, it reads a sample and says so.
    """
    from pipelines.cli.console import print_json, show_progress
    from pipelines.cli.inspection import print_inspection, print_proposal
    from pipelines.processes.workers import Workers
    from pipelines.reports.inspection import MOST_FILES, inspect_archive, try_proposal
    from pipelines.settings.stored import place_settings
    from pipelines.settings.writing import check_free, write_settings

    job = read_job("build", {"raw": raw, **options})
    most = None if all_ else MOST_FILES
    path = None if write is None else place_settings(write, raw)
    if path:
        check_free(path)
    with Workers() as workers, show_progress() as on_progress:
        facts = inspect_archive(job, workers, on_progress, most)
        if path:
            facts["with_proposal"] = try_proposal(facts, job, workers, on_progress, most)
    if path:
        write_settings(facts["proposal"]["text"], path)
        facts["written"] = str(path)
    if json:
        print_json(facts)
    elif path:
        print_proposal(facts, job, path)
    else:
        print_inspection(facts, job, shows_all=all_)
