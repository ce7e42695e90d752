"""query: answers in SQL, as people and machines read them."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import Archive, Run, post

INTERRUPTED = "matterhouse: interrupted; what is published is whole\n"


@pytest.mark.usefixtures("build")
def test_answers_are_valid_json_whatever_their_types(run: Run) -> None:
    sql = "SELECT MAP {DATE '2024-01-01': 1} AS m, 'nan'::DOUBLE AS n, [1.5] AS l, 'x'::BLOB AS b"
    (row,) = json.loads(run("query", sql, "--json").out)
    assert row == {"m": {"2024-01-01": 1}, "n": None, "l": [1.5], "b": "x"}


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


@pytest.mark.usefixtures("build")
def test_numbers_that_json_lacks_are_null_however_deep_they_lie(run: Run) -> None:
    sql = (
        "SELECT [1.5, 'inf'::DOUBLE] AS l, {'it''s': 'nan'::FLOAT, 'a': 1} AS s, "
        "MAP {'k': ['nan'::DOUBLE]} AS m, NULL::STRUCT(x DOUBLE) AS none"
    )
    for form in ("json", "jsonl"):
        answer = json.loads(run("query", sql, "--format", form).out)
        assert (answer[0] if form == "json" else answer) == {
            "l": [1.5, None],
            "s": {"it's": None, "a": 1},
            "m": {"k": [None]},
            "none": None,
        }


@pytest.mark.usefixtures("build")
def test_decimals_keep_their_digits(run: Run) -> None:
    sql = "SELECT 12345678901234567890.10::DECIMAL(38, 2) AS price"
    assert '"price":12345678901234567890.1' in run("query", sql, "--json").out
    assert run("query", sql, "--format", "csv").out == "price\n12345678901234567890.10\n"


@pytest.mark.usefixtures("build")
def test_an_answer_can_be_written_in_each_format(run: Run, tmp_path: Path) -> None:
    sql = "SELECT article_id, title, topics FROM articles"
    (row,) = json.loads(run("query", sql, "--json").out)
    for name in ("a.csv", "a.json", "a.jsonl", "a.parquet", "a.md"):
        told = run("query", sql, "--output", name)
        assert (told.code, told.out, told.err) == (0, f"written: {name}\n", "")
    assert json.loads((tmp_path / "a.json").read_text()) == [row]
    assert json.loads((tmp_path / "a.jsonl").read_text()) == row
    assert pl.read_parquet(tmp_path / "a.parquet").rows(named=True) == [row]
    (read,) = csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text()))
    assert read["title"] == row["title"]
    assert f"| {row['article_id']} | A title |" in (tmp_path / "a.md").read_text()


@pytest.mark.usefixtures("build")
def test_the_format_can_be_said_and_rows_limited(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "answer.txt"
    run("query", "FROM range(9)", "--rows", "2", "--format", "csv", "--output", str(path))
    assert path.read_text() == "range\n0\n1\n"
    told = run("query", "FROM range(9)", "--output", str(path))
    assert (told.code, path.read_text()) == (2, "range\n0\n1\n")
    assert "a file needs one, or a name that ends in .csv, .json" in told.err
    assert run("query", "FROM range(9)", "--json", "--format", "csv").code == 2


@pytest.mark.usefixtures("build")
def test_a_question_that_fails_leaves_an_earlier_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("earlier")
    assert run("query", "SELECT nothing FROM articles", "--output", str(path)).code == 1
    sql = "SELECT CASE WHEN range < 999999 THEN 1 ELSE error('late') END FROM range(1000000)"
    assert run("query", sql, "--output", str(path)).code == 1
    assert [path.name for path in tmp_path.glob("*.csv*")] == ["a.csv"]
    assert path.read_text() == "earlier"


@pytest.mark.usefixtures("build")
def test_only_the_output_can_be_written_to(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "other"
    sql = f"SELECT 1) TO '{other}' (FORMAT csv); COPY (SELECT 1"
    for question in (sql, f"COPY articles TO '{other}'", f"SELECT 1 -- {other}\n) TO '{other}'"):
        told = run("query", question, "--output", str(tmp_path / "a.csv"))
        assert told.code == 1
        assert not other.exists()


@pytest.mark.usefixtures("build")
def test_a_question_is_read_from_a_file_or_a_pipe(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "question.sql"
    path.write_text("\ufeff-- How many?\nSELECT count(*) AS n\nFROM articles;\n", encoding="utf-8")
    assert json.loads(run("query", "-f", str(path), "--json").out) == [{"n": 1}]
    assert run("query", "SELECT 1", "-f", str(path)).code == 2
    for words in ((), ("-",)):
        monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 2 AS n"))
        assert run("query", *words, "--format", "csv").out == "n\n2\n"


@pytest.mark.usefixtures("build")
def test_what_was_in_the_file_behind_a_redirection_stays(archive: Archive, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("earlier\n")
    code = "from pipelines.cli.main import main; main()"
    with log.open("a") as file:
        words = ("query", "SELECT 1 AS a", "--format", "csv", "--warehouse")
        command = [sys.executable, "-c", code, *words, str(archive.warehouse.root)]
        subprocess.run(command, stdout=file, check=True)
    assert log.read_text() == "earlier\na\n1\n"


@pytest.mark.usefixtures("build")
def test_a_summary_is_one_table(run: Run) -> None:
    told = run("query", "SUMMARIZE articles").out
    assert told.count("┏") == 1
    assert re.search(r"│ title +│ VARCHAR +│ 0\.00 +│ +1 │ A title +│ A title", told)


@pytest.mark.usefixtures("build")
def test_markdown_cannot_be_spoiled_by_a_value(run: Run) -> None:
    told = run("query", "SELECT 'a|b\nc <b>' AS x, NULL AS y", "--format", "markdown").out
    assert told == "| x | y |\n| --- | --- |\n| a\\|b c \\<b\\> |  |\n"


def test_earlier_snapshots_are_asked_by_their_numbers(archive: Archive, run: Run) -> None:
    archive.write("a.md", post({"heat": "5"}))
    archive.run()
    archive.write("a.md", post({"heat": "7"}))
    archive.run()
    for old in ("s1.articles", "articles_at(1)"):
        sql = f"SELECT o.heat AS old, n.heat FROM {old} AS o JOIN articles AS n USING (article_id)"
        assert run("query", sql, "--format", "csv").out == "old,heat\n5,7\n"
    told = run("query", "SELECT 1 FROM s7.articles")
    assert (told.code, "s7" in told.err) == (1, True)
