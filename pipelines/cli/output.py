"""Where the answer of a command goes, and in which format."""

import sys
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from pipelines.cli.app import refuse_together

F = TypeVar("F", bound=str)

OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        dir_okay=False,
        help="Write it to this file, in place of an earlier one.",
    ),
]


def choose_format(
    form: F | None,
    output: Path | None,
    by_suffix: Mapping[str, F],
    *,
    table: F,
    json: F | None = None,
) -> F:
    """The format that is asked for, or else what the name of `output` ends in.

    `table` is for the terminal alone. `json` is the format that --json is short for; None if it is
    not given.
    """
    if json is not None:
        refuse_together(json=True, format=form not in (None, json))
        chosen = json
    elif form is not None:
        chosen = form
    else:
        chosen = by_suffix.get(output.suffix.lower(), table) if output else table
    if chosen == table and output is not None:
        suffixes = ", ".join(by_suffix)
        raise typer.BadParameter(
            f"a file needs one, or a name that ends in {suffixes}",
            param_hint="'--format'",
        )
    return chosen


def write_text(text: str, output: Path | None) -> None:
    """Print `text`, or put it into a file. A terminal gets nothing that it would obey."""
    from pipelines.reports.line_files import replace_file
    from pipelines.reports.text import escape_text

    if output is not None:
        with replace_file(output) as file:
            file.write(text.encode(errors="replace"))
        return
    if sys.stdout.isatty():
        text = "\n".join(map(escape_text, text.split("\n")))
    elif isinstance(sys.stdout, TextIOWrapper):
        # All these formats are UTF-8, whatever the locale says.
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.write(text)


def say_written(output: Path | None) -> None:
    """Say where the answer is, if it went to a file."""
    from pipelines.cli.console import print_line

    if output is not None:
        print_line(f"written: {output}")
