"""Answers to questions, as they are shown or written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pipelines.cli.answer_format import SHOWN_ROWS, AnswerFormat
from pipelines.cli.console import print_error, print_rows
from pipelines.cli.output import say_written, write_text
from pipelines.reports.export import export_answer
from pipelines.reports.markdown import render_rows
from pipelines.reports.query import Answer, query_snapshot
from pipelines.warehouse.snapshot import Snapshot

_SUMMARY: Final = ("column_name", "column_type", "min", "max", "approx_unique")
"""How the answer to a SUMMARIZE begins."""
_SUMMARY_SHOWN: Final = {
    "column_name": "column",
    "column_type": "type",
    "null_percentage": "null %",
    "approx_unique": "distinct, about",
    "min": "least",
    "max": "greatest",
    "avg": "mean",
}
_MOST_CHARACTERS: Final = 24
"""Of a value in a summary."""


def give_answer(
    snapshot: Snapshot,
    sql: str,
    form: AnswerFormat,
    output: Path | None,
    rows: int | None,
    values: Mapping[str, object] | None = None,
) -> None:
    """Show the answer to one SELECT, or write it to the file `output`.

    `values` are bound to parameters like $since.
    """
    if form != "table" and form != "markdown":
        export_answer(snapshot, sql, form, output, rows, values)
        say_written(output)
        return
    most = SHOWN_ROWS if rows is None else rows
    # One more row than is shown says whether there are more.
    answer = query_snapshot(snapshot, sql, most + 1, values)
    shown = Answer(answer.columns, answer.rows[:most])
    if form == "table":
        print_rows(*_shorten_summary(shown))
    else:
        write_text(render_rows(shown.columns, shown.rows), output)
        say_written(output)
    if len(answer.rows) > most:
        print_error(
            f"only the first {most:,} rows are shown: --rows N shows more, --format csv all"
        )


def _shorten_summary(answer: Answer) -> Answer:
    """The answer to a SUMMARIZE without the columns that hardly anybody needs.

    All of them, with whole values, fit into no terminal.
    """
    if tuple(answer.columns[: len(_SUMMARY)]) != _SUMMARY:
        return answer
    places = [answer.columns.index(name) for name in _SUMMARY_SHOWN]
    rows = [tuple(_shorten(row[place]) for place in places) for row in answer.rows]
    return Answer(list(_SUMMARY_SHOWN.values()), rows)


def _shorten(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _MOST_CHARACTERS:
        return f"{value[: _MOST_CHARACTERS - 3]}..."
    return value
