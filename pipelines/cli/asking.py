"""The command that asks a named question."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipelines.cli.answer_format import (
    AnswerFormat,
    FormatOption,
    RowsOption,
    choose_answer_format,
)
from pipelines.cli.app import (
    DEFAULT_WAREHOUSE,
    JsonOption,
    SnapshotOption,
    TableName,
    WarehouseOption,
    app,
    refuse_together,
)
from pipelines.cli.output import OutputOption, say_written
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from pipelines.reports.question import Question, Value

NEXT_STEP: Final = (
    "ask one by its name, like `matterhouse ask providers`; with --sql you see how it is done"
)


class QuestionName(TableName):
    """The name of a question. The files of questions are read only when a name is checked."""

    name = "question"

    def list_names(self) -> list[str]:
        """The names that are accepted."""
        from pipelines.reports.question import list_questions

        return list(list_questions())


SinceOption = Annotated[
    str | None,
    typer.Option(
        metavar="MONTH|DAY|SNAPSHOT",
        help="From when on: 2021-02, 2021-02-14, or the number of a snapshot. The list of "
        "questions says which options each takes.",
    ),
]
MonthsOption = Annotated[
    str | None, typer.Option(metavar="N", help="How many months a period has.")
]
AtLeastOption = Annotated[
    str | None, typer.Option(metavar="N", help="Leave out what is rarer than this.")
]
SqlOption = Annotated[
    bool, typer.Option("--sql", help="Print the SQL to copy, and what its columns mean.")
]
NotebookOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Write all questions into this new file, as a notebook of marimo."
    ),
]


@app.command(short_help="Ask a question that others asked before.")
def ask(
    question: Annotated[
        str | None,
        typer.Argument(click_type=QuestionName(), metavar="[QUESTION]", help="Its name."),
    ] = None,
    warehouse: WarehouseOption = DEFAULT_WAREHOUSE,
    snapshot: SnapshotOption = None,
    since: SinceOption = None,
    months: MonthsOption = None,
    at_least: AtLeastOption = None,
    sql: SqlOption = False,
    notebook: NotebookOption = None,
    form: FormatOption = None,
    output: OutputOption = None,
    rows: RowsOption = None,
    json: JsonOption = False,
) -> None:
    """Ask a question that others asked before. Without a name, list the questions.

    For example: matterhouse ask public-per-month --since 2024-02

    --sql prints the SQL, what is easily got wrong, and what the columns mean. That SQL runs in
    `matterhouse query` and in warehouse.duckdb, so it is a good place to begin.
    """
    from pipelines.reports.question import list_questions

    options = {"since": since, "months": months, "at_least": at_least}
    given = {name: text for name, text in options.items() if text is not None}
    refuse_together(json=json, sql=sql, notebook=notebook is not None)
    if question is None and (given or sql or form or output):
        raise typer.BadParameter("say which question: `matterhouse ask` lists them")
    if notebook is not None:
        if question is not None:
            raise typer.BadParameter("--notebook and a question exclude each other")
        write_notebook(notebook, warehouse)
    elif question is None:
        print_questions(is_json=json)
    else:
        asked = list_questions()[question]
        values = read_values(asked, given, warehouse, snapshot)
        if sql:
            typer.echo(f"{asked.explain()}\n{asked.render_sql(values)}")
        else:
            chosen = choose_answer_format(form, output, is_json=json)
            answer(asked, values, warehouse, snapshot, chosen, output, rows)


def read_values(
    question: "Question", given: dict[str, str], warehouse: Path, snapshot: int | None
) -> dict[str, "Value"]:
    """The values of the options. Only a question that compares snapshots needs a warehouse."""
    from pipelines.reports.answering import find_earlier
    from pipelines.warehouse.warehouse import Warehouse

    try:
        values = question.bind(given)
        if not question.compares:
            return values
        opened = Warehouse(warehouse)
        return find_earlier(question, values, opened, opened.pin(snapshot))
    except UsageError as error:
        hint = f"'{error.flag}'" if error.flag else None
        raise typer.BadParameter(error.problem, param_hint=hint) from error


def answer(
    question: "Question",
    values: dict[str, "Value"],
    warehouse: Path,
    snapshot: int | None,
    form: AnswerFormat,
    output: Path | None,
    rows: int | None,
) -> None:
    """Show or write the answer to a question."""
    from pipelines.cli.answers import give_answer
    from pipelines.reports.answering import prepare
    from pipelines.warehouse.warehouse import Warehouse

    sql, bound = prepare(question, values)
    give_answer(Warehouse(warehouse).pin(snapshot), sql, form, output, rows, bound)


def print_questions(*, is_json: bool) -> None:
    """The names of the questions, and what they ask."""
    from pipelines.cli.console import print_error, print_json, print_table
    from pipelines.reports.question import list_questions

    questions = list_questions().values()
    if is_json:
        print_json([each.describe() for each in questions])
        return
    listed = [
        (each.name, each.sentence, ", ".join(taken.usage for taken in each.parameters))
        for each in questions
    ]
    print_table(("name", "question", "options"), listed)
    print_error(NEXT_STEP)


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
        written.write(render_notebook(warehouse, file.name).encode())
    say_written(file)
    print_line(f"open it with `marimo edit {file}`")
