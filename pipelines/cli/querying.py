"""The command that asks a question in SQL."""

import sys
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    JsonOption,
    SnapshotOption,
    WarehouseOption,
    app,
)

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


@app.command(short_help="Ask a snapshot a question in SQL.")
def query(
    sql: Annotated[
        str | None,
        typer.Argument(help="One SELECT. With - it is read from standard input."),
    ] = None,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    snapshot: SnapshotOption = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", "-f", exists=True, dir_okay=False, help="Read the question from this file."
        ),
    ] = None,
    form: FormatOption = None,
    output: OutputOption = None,
    rows: RowsOption = None,
    json: JsonOption = False,
) -> None:
    """Ask one pinned snapshot a question in SQL (DuckDB). Every table is a view.

    For example: matterhouse query "SELECT count(*) FROM articles WHERE is_public"

    SHOW TABLES lists the tables and views, DESCRIBE articles the columns of one, and SUMMARIZE
    articles what they hold. s20.articles is the table as snapshot 20 has it.
    """
    from pipelines.cli.answers import give_answer
    from pipelines.warehouse.warehouse import Warehouse

    question = read_question(sql, file)
    chosen = choose_format(form, output, is_json=json)
    give_answer(Warehouse(warehouse).pin(snapshot), question, chosen, output, rows)


def read_question(sql: str | None, file: Path | None) -> str:
    """The question of the command line, of a file, or of standard input."""
    if sql is not None and file is not None:
        raise typer.BadParameter("give a question or a file with one", param_hint="'--file'")
    if file is not None:
        return file.read_text(encoding="utf-8-sig", errors="surrogateescape")
    if sql == "-" or (sql is None and not sys.stdin.isatty()):
        return sys.stdin.read()
    if sql is None:
        raise typer.BadParameter("give one, or --file", param_hint="'SQL'")
    return sql


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
