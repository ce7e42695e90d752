"""How an answer is written: the options of the commands that give one."""

import sys
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

AnswerFormat = Literal["table", "csv", "json", "jsonl", "parquet", "markdown"]
SHOWN_ROWS: Final = 100
"""How many rows of a table are shown by default."""
_BY_SUFFIX: Final[dict[str, AnswerFormat]] = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".md": "markdown",
}

FormatOption = Annotated[
    AnswerFormat | None,
    typer.Option(
        "--format",
        help="How the answer is written. By default as the name of --output ends, or else a table.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", dir_okay=False, help="Write the answer to this file, in place of it."
    ),
]
RowsOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=10**9,
        help=f"At most this many rows. By default {SHOWN_ROWS} of a table, and all in other "
        "formats.",
    ),
]


def choose_format(
    form: AnswerFormat | None, output: Path | None, *, is_json: bool = False
) -> AnswerFormat:
    """The format that is asked for. `--json` is short for one of them."""
    if is_json and form not in (None, "json"):
        raise typer.BadParameter(f"found --json, too, which is not {form}", param_hint="'--format'")
    chosen = "json" if is_json else form
    if chosen is None:
        chosen = _BY_SUFFIX.get(output.suffix.lower(), "table") if output else "table"
    if chosen == "table" and output is not None:
        others = ", ".join(sorted(set(_BY_SUFFIX.values())))
        raise typer.BadParameter(
            f"a file can be of the formats {others}: give one", param_hint="'--format'"
        )
    if chosen == "parquet" and output is None and sys.stdout.isatty():
        raise typer.BadParameter("Parquet is not text: give --output", param_hint="'--format'")
    return chosen
