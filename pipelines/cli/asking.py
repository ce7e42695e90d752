"""The command that asks a named question."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    JsonOption,
    SnapshotOption,
    TableName,
    WarehouseOption,
    app,
    refuse_together,
)

if TYPE_CHECKING:
    from pipelines.reports.question import Question


class QuestionName(TableName):
    """The name of a question. The files of questions are read only when a name is checked."""

    name = "question"

    def list_names(self) -> list[str]:
        """The names that are accepted."""
        from pipelines.reports.question import list_questions

        return list(list_questions())


@app.command(short_help="Ask a question whose SQL is there already.")
def ask(
    question: Annotated[
        str | None,
        typer.Argument(click_type=QuestionName(), metavar="[QUESTION]", help="Its name."),
    ] = None,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    snapshot: SnapshotOption = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="MONTH|DAY|SNAPSHOT",
            help="From when on: 2021-02, 2021-02-14 or the number of a snapshot, as the question "
            "takes it.",
        ),
    ] = None,
    months: Annotated[
        str | None, typer.Option(metavar="N", help="How many months a period has.")
    ] = None,
    at_least: Annotated[
        str | None, typer.Option(metavar="N", help="Leave out what is rarer than this.")
    ] = None,
    sql: Annotated[
        bool,
        typer.Option("--sql", help="Print the SQL to copy, with what the columns mean."),
    ] = False,
    notebook: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write all questions into this file, as a notebook of marimo."
        ),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, max=10**9, help="Show at most this many rows.")] = 100,
    json: JsonOption = False,
) -> None:
    """Ask a question whose SQL is there already. Without a name, list the questions.

    For example: matterhouse ask public-per-month --since 2024-02

    `--sql` prints the SQL of a question, what its columns mean and what is easily got wrong. It
    runs in `matterhouse query` and in warehouse.duckdb.
    """
    from pipelines.reports.question import list_questions

    refuse_together(json=json, sql=sql, notebook=notebook is not None)
    options = {"since": since, "months": months, "at_least": at_least}
    given = {name: text for name, text in options.items() if text is not None}
    if notebook is not None:
        if question or given:
            raise typer.BadParameter("it takes all questions", param_hint="'--notebook'")
        write_notebook(notebook, warehouse)
    elif question is not None:
        answer(list_questions()[question], given, warehouse, snapshot, rows, json=json, sql=sql)
    elif given or sql:
        raise typer.BadParameter("say which question; `matterhouse ask` lists them")
    else:
        print_questions(is_json=json)


def print_questions(*, is_json: bool) -> None:
    """The names of the questions, and what they ask."""
    from pipelines.cli.console import print_error, print_json, print_table
    from pipelines.reports.question import list_questions

    if is_json:
        print_json([each.describe() for each in list_questions().values()])
        return
    listed = [
        (each.name, each.sentence, ", ".join(taken.flag for taken in each.parameters))
        for each in list_questions().values()
    ]
    print_table(("name", "question", "options"), listed)
    print_error("ask one by its name, like `matterhouse ask providers`; --sql shows how it is done")


def answer(
    question: "Question",
    given: dict[str, str],
    warehouse: Path,
    snapshot: int | None,
    rows: int,
    *,
    json: bool,
    sql: bool,
) -> None:
    """Print the answer to `question`, or its SQL."""
    from pipelines.cli.console import print_error, print_json, print_rows
    from pipelines.errors import UsageError
    from pipelines.reports.answering import answer_question, fill_snapshots
    from pipelines.reports.query import name_values
    from pipelines.warehouse.warehouse import Warehouse

    opened = Warehouse(warehouse)
    try:
        values = question.bind(given)
        if question.compares or not sql:
            pinned = opened.pin(snapshot)
            values = fill_snapshots(question, values, opened, pinned)
    except UsageError as error:
        hint = f"'{error.flag}'" if error.flag else None
        raise typer.BadParameter(error.problem, param_hint=hint) from error
    if sql:
        typer.echo(f"{question.explain()}\n{question.render_sql(values)}")
        return
    # One more row than is shown says whether there are more.
    found = answer_question(question, values, pinned, None if json else rows + 1)
    if json:
        print_json(name_values(found))
        return
    print_rows(found.columns, found.rows[:rows])
    if len(found.rows) > rows:
        print_error(f"only the first {rows} rows are shown: --rows N shows more, --json all")


def write_notebook(file: Path, warehouse: Path) -> None:
    """Write a notebook that asks all questions."""
    from pipelines.cli.console import print_line
    from pipelines.reports.line_files import replace_file
    from pipelines.reports.notebook import render_notebook

    if file.exists():
        raise typer.BadParameter(
            f"{file} is there already: name another file", param_hint="'--notebook'"
        )
    with replace_file(file) as written:
        written.write(render_notebook(warehouse).encode())
    print_line(f"written: {file}")
