"""How an answer is written: the options of the commands that give one."""

import sys
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from pipelines.cli.output import choose_format

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
RowsOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=10**9,
        help=f"At most this many rows. By default {SHOWN_ROWS} of a table, and all in other "
        "formats.",
    ),
]


def choose_answer_format(
    form: AnswerFormat | None, output: Path | None, *, is_json: bool = False
) -> AnswerFormat:
    """The format that is asked for."""
    json: AnswerFormat | None = "json" if is_json else None
    chosen = choose_format(form, output, _BY_SUFFIX, table="table", json=json)
    if chosen == "parquet" and output is None and sys.stdout.isatty():
        raise typer.BadParameter("Parquet is not text: give --output", param_hint="'--format'")
    return chosen
