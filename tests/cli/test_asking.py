"""ask: the questions that others asked before."""

import ast
import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from pipelines.reports.question import list_questions
from tests.conftest import Run


def test_without_a_name_the_questions_are_listed_and_no_warehouse_is_needed(run: Run) -> None:
    listed = run("ask")
    assert (listed.code, listed.err.startswith("matterhouse: ask one by its name")) == (0, True)
    assert all(name in listed.out for name in list_questions())


def test_the_list_for_machines_says_all_of_each_question(run: Run) -> None:
    listed = json.loads(run("ask", "--json").out)
    assert [each["name"] for each in listed] == [*list_questions()]
    first = listed[0]
    assert first["columns"]["hidden_count"] == "the others"
    assert first["parameters"] == [
        {
            "name": "since",
            "kind": "month",
            "default": "0001-01",
            "meaning": "only months from this one on",
        }
    ]


@pytest.mark.usefixtures("built")
def test_an_answer_is_a_table_or_of_any_format_of_query(run: Run, tmp_path: Path) -> None:
    expected = [["2024-03", "2", "2", "0"], ["2024-04", "1", "1", "0"]]
    text = run("ask", "public-per-month", "--format", "csv").out
    assert [*csv.reader(StringIO(text))][1:] == expected
    file = tmp_path / "answer.csv"
    assert run("ask", "public-per-month", "--output", str(file)).code == 0
    assert file.read_text(encoding="utf-8") == text
    (row,) = json.loads(run("ask", "public-per-month", "--since", "2024-04", "--json").out)
    assert row["published_month"] == "2024-04"
    assert "article_count" in run("ask", "public-per-month").out


@pytest.mark.usefixtures("built")
def test_the_sql_can_be_copied_into_query(run: Run) -> None:
    sql = run("ask", "public-per-month", "--since", "2024-04", "--sql").out
    assert sql.startswith("/*\nHow many articles were published in each month")
    asked = run("ask", "public-per-month", "--since", "2024-04", "--json").out
    assert json.loads(run("query", sql, "--json").out) == json.loads(asked)


def test_the_sql_is_printed_without_a_warehouse(run: Run) -> None:
    assert "WHERE article_count >= 7" in run("ask", "providers", "--at-least", "7", "--sql").out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["provider"], 'found "provider", expected one of public-per-month, providers'),
        (["providers", "--since", "2024-01"], "providers does not take it; it takes --at-least"),
        (["redirects", "--since", "2024-01"], "redirects does not take it; it takes no options"),
        (["public-per-month", "--since", "May"], 'found "May", expected a month like 2021-02'),
        (["--since", "2024-01"], "say which question"),
        (["--sql"], "say which question"),
        (["providers", "--sql", "--json"], "--json and --sql exclude each other"),
        (["providers", "--notebook", "a.py"], "--notebook and a question exclude each other"),
        (["providers", "--json", "--format", "csv"], "--json and --format exclude each other"),
    ],
)
def test_a_wrong_use_is_explained(run: Run, arguments: list[str], problem: str) -> None:
    outcome = run("ask", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert problem in " ".join(outcome.err.split())


@pytest.mark.usefixtures("built")
def test_a_first_snapshot_can_be_compared_with_nothing(run: Run) -> None:
    outcome = run("ask", "changed-since")
    assert outcome.code == 2
    assert "no snapshot is older than 1" in " ".join(outcome.err.split())


def test_a_notebook_has_the_sql_of_each_question_and_overwrites_nothing(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "my questions.py"
    warehouse = tmp_path / 'a "quoted" \\folder\n'
    assert run("ask", "--notebook", str(file), "--warehouse", str(warehouse)).code == 0
    texts = {
        node.value
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant)
    }
    assert f"{warehouse}/warehouse.duckdb" in texts
    written = {" ".join(str(text).split()) for text in texts}
    assert {" ".join(each.sql.split()) for each in list_questions().values()} <= written
    again = run("ask", "--notebook", str(file))
    assert (again.code, "is there already" in again.err) == (2, True)
