"""Every rule of every schema finds what breaks it, and nothing else. See also `make mutants`."""

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from pipelines.documents.field_path import render_field_path
from pipelines.errors import SchemaMismatchError
from pipelines.runs.rebuild_group import build_rows_of
from pipelines.tables.articles import build_articles
from pipelines.tables.leftovers import describe_shape
from pipelines.tables.rows import Built
from pipelines.tables.validation import find_failures
from schemas.documents import ARCHIVE
from schemas.language.registry import load_tables
from schemas.language.shape import Shape
from tests.conftest import build_fields, parse, post
from tests.tables.cases import (
    ROW_VALUES,
    TEXTS,
    TYPING_RULES,
    VALUES,
    Values,
    frame_rows,
    list_rules,
    load_cases,
)

TABLE_CASES = {name: load_cases(name) for name in load_tables()}
RULES = [
    (name, column, rule)
    for name, cases in TABLE_CASES.items()
    for column, rules in cases.rules.items()
    for rule in rules.split()
]
OUR_RULES = [each for each in RULES if each[2] not in TYPING_RULES]
FILE_RULES = [
    (name, column, rule)
    for name, column, rule in RULES
    if column in load_tables()[name].keys
    and rule not in TABLE_CASES[name].unbreakable.get(column, set())
]
KEYS = [(name, column) for name, cases in TABLE_CASES.items() for column in cases.keys]


def name_case(case: object) -> str:
    return str(case)


@pytest.mark.parametrize("name", list(load_tables()))
def test_every_rule_of_a_schema_has_a_case(name: str) -> None:
    table = load_tables()[name]
    assert list_rules(table) == {
        column: set(rules.split()) for column, rules in TABLE_CASES[name].rules.items()
    }
    assert table.key == tuple(TABLE_CASES[name].keys)


@pytest.mark.parametrize(("name", "column", "rule"), OUR_RULES, ids=name_case)
def test_a_row_that_breaks_a_rule_has_one_failure_of_that_rule(
    name: str, column: str, rule: str
) -> None:
    table, values = load_tables()[name], list_changes(name, column, rule)
    rows = frame_rows(table, {}, *values.boundary, *values.broken)
    failures = find_failures(rows, table)
    assert failures.select("row_index", "column", "rule").rows() == [
        (row, column, rule) for row in range(1 + len(values.boundary), rows.height)
    ]
    assert all(failures["expected"])


def list_changes(name: str, column: str, rule: str) -> Values:
    """The values of a rule, as changes of a valid row."""
    if rule in ROW_VALUES:
        return ROW_VALUES[rule]
    around = TABLE_CASES[name].context.get(column, {})
    return Values(*(tuple(around | {column: value} for value in values) for values in VALUES[rule]))


@pytest.mark.parametrize(("name", "column", "rule"), FILE_RULES, ids=name_case)
def test_a_file_that_breaks_a_rule_has_one_finding_of_that_rule(
    name: str, column: str, rule: str
) -> None:
    key = load_tables()[name].keys[column]
    texts = TEXTS[rule]
    # The first posts are valid. The very first shows that an unchanged post is.
    posts = [write_post(name), *(write_post(name, key, text) for text in texts.boundary)]
    broken = [write_post(name, key, text) for text in texts.broken]
    built = build(name, *posts, *broken)
    errors = built.findings.filter(severity="error").sort("source_path")
    lists = load_tables()[name].lists
    place = f"{lists[0]}[0].{key}" if lists else key
    assert errors.select("source_path", "table_name", "field_path", "rule").rows() == [
        (f"_news/{number:02}.md", name, place, rule)
        for number in range(len(posts), len(posts) + len(broken))
    ]
    assert built.rows.height == len(posts)


def write_post(name: str, key: str | None = None, text: str | None = None) -> str:
    """A post with one row of the table `name`, in which `key` is `text`."""
    change = {key: text} if key else {}
    lists, item = load_tables()[name].lists, TABLE_CASES[name].item
    if item is None:
        return post(change)
    fields = {**item, **change}
    shown = ", ".join(f"{key}: {text}" for key, text in fields.items() if text is not None)
    return post({lists[0]: f"[{{{shown}}}]"})


def build(name: str, *posts: str) -> Built:
    """The rows and findings of `posts`, which are _news/00.md and so on."""
    texts = [text.removesuffix("---\n") for text in posts]
    fields = build_fields(*map(parse, texts))
    number = pl.col("source_path").str.extract(r"(\d+)")
    padded = pl.format("_news/{}.md", number.str.zfill(2))
    fields = fields._replace(documents=fields.documents.with_columns(source_path=padded))
    articles = build_articles(fields)
    if name == "articles":
        return articles
    assert articles.findings.filter(severity="error").is_empty()
    return build_rows_of(name, fields, articles.rows)


@pytest.mark.parametrize(("name", "column"), KEYS, ids=name_case)
def test_rows_that_differ_in_one_column_of_the_key_are_two(name: str, column: str) -> None:
    table = load_tables()[name]
    around = TABLE_CASES[name].context.get(column, {})
    rows = [same_key(name) | around | {column: value} for value in TABLE_CASES[name].keys[column]]
    assert find_failures(frame_rows(table, *rows), table).is_empty()


@pytest.mark.parametrize("name", list(load_tables()))
def test_rows_of_one_key_stop_the_run(name: str) -> None:
    table = load_tables()[name]
    with pytest.raises(SchemaMismatchError, match=f"^{name}: .*uniqueness"):
        find_failures(frame_rows(table, same_key(name), same_key(name)), table)


def same_key(name: str) -> dict[str, Any]:
    """The key of the smallest row, nulls included."""
    return {column: TABLE_CASES[name].smallest.get(column) for column in TABLE_CASES[name].keys}


@pytest.mark.parametrize("name", list(load_tables()))
def test_a_frame_of_other_columns_stops_the_run(name: str) -> None:
    table = load_tables()[name]
    frame = frame_rows(table, {})
    *others, last = frame.columns
    mistyped = [frame.with_columns(pl.lit(1, pl.Int8).alias(column)) for column in frame.columns]
    for wrong in (
        *mistyped,
        frame.drop(last),
        frame.with_columns(surplus=pl.lit("")),
        frame.select(last, *others),
    ):
        with pytest.raises(SchemaMismatchError, match=f"^{name}: "):
            find_failures(wrong, table)


def list_shapes(shape: Shape, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Shape]]:
    """Every place of the front matter, items of lists included, with its shape."""
    if path:
        yield path, shape
    inner = shape.items() if isinstance(shape, dict) else enumerate(shape)
    for step, each in inner if not isinstance(shape, str) else ():
        yield from list_shapes(each, (*path, step))


def test_a_wrong_shape_anywhere_rejects_the_article() -> None:
    valid = parse(post().removesuffix("---\n"))
    wrong = [
        (path, shape, value)
        for path, shape in list_shapes(dict(ARCHIVE.shape))
        for value in ("text", {}, [], *([None] if isinstance(path[-1], int) else []))
        if not isinstance(value, type(shape))
    ]
    documents = build_fields(valid, *(valid | nest(path, value) for path, _, value in wrong))
    built = build_articles(documents)
    assert built.rows["source_path"].to_list() == ["_news/0.md"]
    assert sorted(built.findings.select("source_path", "field_path", "rule").rows()) == sorted(
        (f"_news/{number}.md", render_field_path(path), describe_shape(shape)[0])
        for number, (path, shape, _) in enumerate(wrong, 1)
    )


def nest(path: Any, value: Any) -> dict[str, Any]:
    """A mapping that holds `value` at `path`, whose positions are all 0."""
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return dict(value)
