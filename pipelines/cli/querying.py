"""The command that asks a question in SQL."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.answer_format import FormatOption, RowsOption, choose_answer_format
from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    JsonOption,
    SnapshotOption,
    WarehouseOption,
    app,
)
from pipelines.cli.output import OutputOption


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
    chosen = choose_answer_format(form, output, is_json=json)
    give_answer(Warehouse(warehouse).pin(snapshot), question, chosen, output, rows)


def read_question(sql: str | None, file: Path | None) -> str:
    """The question of the command line, of a file, or of standard input."""
    if sql is not None and file is not None:
        raise typer.BadParameter("give a question or a file with one", param_hint="'--file'")
    if file is not None:
        return file.read_text(encoding="utf-8-sig", errors="surrogateescape")
    if sql is not None and sql != "-":
        return sql
    question = "" if sql is None and sys.stdin.isatty() else _read_standard_input()
    if not question.strip():
        raise typer.BadParameter("give one, or --file, or - and a pipe", param_hint="'SQL'")
    return question


def _read_standard_input() -> str:
    """What a pipe or a file gives; nothing if there is none."""
    try:
        return sys.stdin.read()
    except OSError:
        return ""
