"""A notebook of marimo that asks all questions of warehouse.duckdb. It needs no matterhouse."""

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Final

from pipelines.reports.question import Parameter, Question, list_questions
from pipelines.reports.text import escape_text

_HEAD: Final = '''\
"""The questions of `matterhouse ask`, as a notebook.

    pip install duckdb marimo polars pyarrow
    marimo edit {file}

It only reads, and it asks nothing of the network.
"""

import marimo

__generated_with = "{version}"
app = marimo.App(width="medium", app_title="Questions to the archive")


@app.cell
def _():
    import duckdb
    import marimo as mo

    return duckdb, mo


@app.cell(hide_code=True)
def _(mo):
    mo.md("""
    # Questions to the archive

    The answers are of the snapshot that was the current one when the file was opened. Run its cell
    again to see a newer one. What you choose below a question changes its answer at once.
    """)
    return


@app.cell
def _(mo):
    path = mo.ui.text({path}, label="warehouse.duckdb", full_width=True)
    path
    return (path,)


@app.cell
def _(duckdb, path):
    warehouse = duckdb.connect(path.value, read_only=True)
    ((oldest_snapshot,),) = warehouse.sql("SELECT min(snapshot) FROM snapshots").fetchall()
    return oldest_snapshot, warehouse
'''
_TAIL: Final = """

if __name__ == "__main__":
    app.run()
"""
DATABASE_NAME: Final = "warehouse.duckdb"
MARIMO_VERSION: Final = "0.25.2"
"""The format of the notebook is that of this version. Newer ones read it, too."""


def render_notebook(warehouse: Path, file: str = "questions.py") -> str:
    """A program of Python with a few cells for each question."""
    path = _quote(str(warehouse.absolute() / DATABASE_NAME))
    cells = "".join(cell for each in list_questions().values() for cell in _render_cells(each))
    return _HEAD.format(path=path, file=escape_text(file), version=MARIMO_VERSION) + cells + _TAIL


def _render_cells(question: Question) -> Iterator[str]:
    """The words, what can be chosen, and the answer."""
    words = [f"## {question.sentence}", "", question.trap, "", "| column | meaning |", "|---|---|"]
    words += [f"| `{name}` | {meaning} |" for name, meaning in question.columns.items()]
    text = "\n".join(words)
    yield _render_cell(["mo"], f'mo.md(r"""\n{text}\n""")', "", is_hidden=True)
    variable = question.name.replace("-", "_")
    choices = {each.name: f"{variable}_{each.name}" for each in question.parameters}
    for each in question.parameters:
        name = choices[each.name]
        needs = ["mo", "oldest_snapshot"] if each.kind == "snapshot" else ["mo"]
        yield _render_cell(needs, f"{name} = {_render_choice(each)}\n{name}", name)
    bound = ", ".join(
        f'"{each.name}": {choices[each.name]}.value{" or None" if _is_text(each) else ""}'
        for each in question.parameters
    )
    sql = f'r"""\n{indent(question.sql, "    ")}\n    """'
    answer = f"{variable} = warehouse.sql(\n    {sql},\n    params={{{bound}}},\n).pl()\n{variable}"
    yield _render_cell(sorted([*choices.values(), "warehouse"]), answer, variable)


def _is_text(parameter: Parameter) -> bool:
    return parameter.kind in ("month", "day")


def _render_choice(parameter: Parameter) -> str:
    label = _quote(parameter.meaning)
    if _is_text(parameter):
        value = "" if parameter.default is None else str(parameter.default)
        return f"mo.ui.text({_quote(value)}, label={label})"
    value = "oldest_snapshot" if parameter.default is None else str(parameter.default)
    return f"mo.ui.number(start=0, step=1, value={value}, label={label})"


def _render_cell(needs: list[str], code: str, gives: str, *, is_hidden: bool = False) -> str:
    options = "(hide_code=True)" if is_hidden else ""
    returned = f"return ({gives},)" if gives else "return"
    body = indent(code, "    ")
    return f"\n\n@app.cell{options}\ndef _({', '.join(needs)}):\n{body}\n    {returned}\n"


def _quote(text: str) -> str:
    """A literal of Python and of JSON, in the quotes that formatters like."""
    return json.dumps(text)
