"""query: answers in SQL, as people and machines read them."""

import json
import re

import pytest

from tests.conftest import Run

INTERRUPTED = "matterhouse: interrupted; what is published is whole\n"


@pytest.mark.usefixtures("build")
def test_answers_are_valid_json_whatever_their_types(run: Run) -> None:
    sql = "SELECT MAP {DATE '2024-01-01': 1} AS m, 'nan'::DOUBLE AS n, [1.5] AS l, 'x'::BLOB AS b"
    (row,) = json.loads(run("query", sql, "--json").out)
    assert row == {"m": {"2024-01-01": 1}, "n": None, "l": [1.5], "b": "b'x'"}


@pytest.mark.usefixtures("build")
def test_tables_with_equal_column_names_can_be_joined(run: Run) -> None:
    sql = "SELECT * FROM articles a JOIN documents d ON d.document_id = a.article_id"
    answer = run("query", sql)
    assert (answer.code, answer.out.count("_news/good.md")) == (0, 2)


@pytest.mark.usefixtures("build")
def test_a_question_can_be_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr("duckdb.connect", interrupt)
    assert run("query", "SELECT 1") == (130, "", INTERRUPTED)


@pytest.mark.usefixtures("build")
def test_only_huge_texts_are_cut(run: Run) -> None:
    told = run("query", "SELECT repeat('x', 100_003) AS word").out
    assert told.count("x") == 100_000
    assert "3 characters more: --json" in re.sub(r"[│\s]+", " ", told)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("pipelines.cli.console.PIPED_WIDTH", 30)
        assert "…" not in run("schema", "articles").out


@pytest.mark.usefixtures("build")
def test_words_are_not_broken_in_tables_with_many_columns(run: Run) -> None:
    narrow = run("query", "SELECT title, heat, repeat('x', 150) AS word FROM articles").out
    assert re.search(r"title +┃ heat ┃ word", narrow)
    wide = run("query", "SELECT *, repeat('x', 150) AS word FROM articles").out
    assert wide.startswith("row 1")
    assert re.search(r"│ title +│ \S", wide)
    assert re.search(r"│ word +│ x{150} +│", wide)


@pytest.mark.usefixtures("build")
def test_numbers_and_booleans_are_shown_as_sql_writes_them(run: Run) -> None:
    told = run("query", "SELECT 2024 AS year, true AS is_so").out
    assert re.search(r"│ 2024 │ +true │", told)
