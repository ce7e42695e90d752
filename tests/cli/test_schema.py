"""schema: the data dictionary."""

import io
import json
import sys
from pathlib import Path

import pytest
import yaml

from pipelines.reports.metadata.formats import OF_FILES, OF_VIEWS
from pipelines.reports.view_dictionary import list_views
from schemas.language.registry import load_tables
from tests.conftest import Archive, Run, post


def test_the_dictionary_names_the_rules_that_rejects_name(run: Run) -> None:
    (table,) = json.loads(run("schema", "articles", "--json").out)
    rules = {column["column"]: column["rules"] for column in table["columns"]}
    assert rules["quality"] == "is_integer"
    assert rules["published_at"] == "is_timestamp, is_dated_if_news"
    assert rules["type"] == "is_not_null"


def test_the_dictionary_is_that_of_the_mapping(archive: Archive, run: Run) -> None:
    archive.write("a.md", post())
    archive.run(mapping="web")
    (described,) = json.loads(run("schema", "articles", "--json").out)
    columns = {column["column"]: column for column in described["columns"]}
    assert (columns["type"]["null"], columns["type"]["rules"]) == (True, "")
    assert columns["heat"]["rules"] == "is_integer (warning)"
    assert columns["authors"]["from"].startswith("authors, author, ")
    archive.run()
    (described,) = json.loads(run("schema", "articles", "--json").out)
    columns = {column["column"]: column for column in described["columns"]}
    assert (columns["type"]["null"], columns["type"]["rules"]) == (False, "is_not_null")
    assert columns["authors"]["from"] is None


def test_the_dictionary_has_the_month_of_the_tables_that_have_it(run: Run) -> None:
    for table in json.loads(run("schema", "--json").out):
        names = [column["column"] for column in table["columns"]]
        has_none = table["table"] in ("findings", "observations")
        assert names.count("published_month") == (not has_none)


@pytest.mark.parametrize("width", [20, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_no_name_is_broken(
    archive: Archive, run: Run, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    archive.write("a.md", post())
    archive.run()
    monkeypatch.setattr("pipelines.cli.dictionary_text._width", lambda: width)
    for table in load_tables().values():
        lines = run("schema", table.name).out.splitlines()
        starts = [line.partition(" ")[0].removesuffix(":") for line in lines]
        assert set(table.readable_columns) <= set(starts)
        assert all(len(line) <= max(width, 40) for line in lines)


def test_meanings_stand_below_the_columns_of_a_narrow_terminal(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.cli.dictionary_text._width", lambda: 60)
    lines = run("schema", "images").out.splitlines()
    start = lines.index("related_position: integer, may be null")
    assert lines[start + 1 : start + 4] == [
        "    Position of the related item; null unless owner is",
        "    related.",
        "    Rules: is_not_negative, has_related_position_if_related",
    ]


def test_a_table_says_how_it_joins_others(run: Run) -> None:
    lines = run("schema", "related_links").out.splitlines()
    assert "Key: article_id, position." in lines
    assert "Joins articles on article_id: exactly one row." in lines
    assert "Joins articles on target_url_id = url_id: no row, one or several." in lines
    assert "Joined by images on article_id and related_position = position." in lines


@pytest.mark.usefixtures("built")
def test_without_a_table_the_command_says_what_tables_and_views_there_are(run: Run) -> None:
    told = run("schema")
    assert "articles: 3 rows" in told.out.splitlines()
    assert "stories" in told.out.splitlines()
    assert len(told.out.splitlines()) < 80
    assert "says what the columns of articles mean" in told.err


@pytest.mark.usefixtures("built")
def test_a_view_has_its_columns_and_no_other_table(run: Run) -> None:
    (view,) = json.loads(run("schema", "topics", "--json").out)
    columns = {column["column"]: column for column in view["columns"]}
    assert (view["view"], view["rows"], view["key"]) == (True, None, [])
    assert columns["topic"]["plain_type"] == "text"
    assert all(column["meaning"] for column in view["columns"])


@pytest.mark.usefixtures("built")
def test_every_view_has_types_with_plain_names(run: Run) -> None:
    described = json.loads(run("schema", "--json").out)
    assert {*load_tables(), *list_views()} == {each["table"] for each in described}


@pytest.mark.usefixtures("built")
def test_a_column_that_only_sql_has_is_marked(run: Run) -> None:
    (findings,) = json.loads(run("schema", "findings", "--json").out)
    only = [column["column"] for column in findings["columns"] if not column["stored"]]
    assert only == ["first_seen_run"]


def test_a_view_is_unknown_without_a_snapshot(run: Run) -> None:
    told = run("schema", "stories")
    assert told.code == 1
    assert "matterhouse build" in told.err


@pytest.mark.parametrize("form", [*OF_FILES, *OF_VIEWS])
def test_a_format_of_a_snapshot_needs_one(run: Run, form: str) -> None:
    assert run("schema", "--format", form).code == 1


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("form", ["markdown", "json", *OF_FILES, *OF_VIEWS])
def test_a_file_holds_what_would_be_printed(run: Run, tmp_path: Path, form: str) -> None:
    printed = run("schema", "articles", "--format", form).out
    path = tmp_path / "elsewhere" / "file"
    path.parent.mkdir()
    path.write_text("of an earlier snapshot", encoding="utf-8")
    told = run("schema", "articles", "--format", form, "--output", str(path))
    assert told.out == f"written: {path}\n"
    assert path.read_text(encoding="utf-8") == printed


def test_the_dictionary_as_a_file_needs_a_format(run: Run, tmp_path: Path) -> None:
    told = run("schema", "--output", str(tmp_path / "file"))
    assert told.code == 2
    assert "a file needs one, or a name that ends in .md, .json" in told.err


def test_json_excludes_other_formats(run: Run) -> None:
    assert run("schema", "--json", "--format", "dbt").code == 2


def test_markdown_shows_marks_as_they_are(archive: Archive, run: Run) -> None:
    column = '[articles.columns.mood]\nkey = "mood"\ntype = "text"\ndescription = "a|b <i> *c*"\n'
    settings = archive.raw.parent / "matterhouse.toml"
    settings.write_text(f'base = "web"\n{column}', encoding="utf-8")
    archive.write("a.md", post())
    archive.run(mapping="auto")
    printed = run("schema", "articles", "--format", "markdown").out
    assert r"| `mood` | text | yes | a\|b \<i\> \*c\* | mood |  |" in printed


def test_a_description_beside_the_tables_harms_no_check(built: Archive, run: Run) -> None:
    path = built.snapshot.folder / "datapackage.json"
    assert run("schema", "--format", "datapackage", "--output", str(path)).code == 0
    assert run("verify").code == 0
    built.write("new.md", post())
    built.run()
    assert run("rollback", "1").code == 0
    assert path.is_file()


@pytest.mark.parametrize("form", ["json", *OF_FILES, *OF_VIEWS])
def test_formats_are_utf_8_and_escape_what_hides_or_reorders_text(
    archive: Archive, run: Run, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    said = "naïve \u202e \a <b>"
    column = '[articles.columns.mood]\nkey = "mood"\ntype = "text"\n'
    settings = f'base = "web"\n{column}description = {json.dumps(said)}\n'
    (archive.raw.parent / "matterhouse.toml").write_text(settings, encoding="utf-8")
    archive.write("a.md", post())
    archive.run(mapping="auto")
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    run("schema", "articles", "--format", form)
    stream.flush()
    printed = stream.buffer.getvalue().decode()
    read = yaml.safe_load if form in OF_VIEWS else json.loads
    assert "\u202e" not in printed
    assert said in list_texts(read(printed))


def list_texts(value: object) -> list[object]:
    """All texts that a value holds, however deep."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for each in value for text in list_texts(each)]
    return [value]
