"""schema: the data dictionary."""

import json

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
