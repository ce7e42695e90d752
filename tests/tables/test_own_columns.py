"""Own columns: each type is read and judged by each of its rules."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from pipelines.mapping.built_in import EVERYDAY, WEB
from pipelines.mapping.own_column import OwnColumn
from pipelines.mapping.source import Source
from pipelines.tables.articles import build_articles
from pipelines.tables.fields import read_fields
from pipelines.tables.own_columns import extend_articles, extend_shape, find_table
from schemas.articles import ARTICLES
from schemas.documents import ARCHIVE
from tests.conftest import BASE, build_documents


def judge(own: OwnColumn, value: Any) -> tuple[Any, list[tuple[str, str]]]:
    """The value of one article, or that it was rejected, and what it breaks."""
    sources = {own.name: (Source("k"),)}
    mapping = replace(EVERYDAY, columns=(own,), sources=sources, named=(own.name,))
    keys = BASE if value is None else {**BASE, "k": value}
    built = build_articles(read_fields(build_documents(keys), mapping))
    values = built.rows[own.name].to_list()
    found = built.findings.select("severity", "rule").rows()
    return (values[0] if values else "rejected"), found


def column(kind: Any, **rules: Any) -> OwnColumn:
    return OwnColumn("mine", kind, "A column.", **rules)


@pytest.mark.parametrize(
    ("kind", "good", "read", "bad", "rule"),
    [
        ("text", "a", "a", None, None),
        ("integer", "+7", 7, "7.5", "is_integer"),
        ("number", "7.5", 7.5, "many", "is_number"),
        ("boolean", "yes", True, "maybe", "is_boolean"),
        ("url", " /a ", "/a", "a.html", "is_url"),
        ("timestamp", "2024-03-05", datetime(2024, 3, 5, tzinfo=UTC), "soon", "is_timestamp"),
        ("list", "a, b", ["a", "b"], None, None),
        ("list", ["a"], ["a"], None, None),
    ],
)
def test_each_type_is_read(kind: Any, good: Any, read: Any, bad: Any, rule: str | None) -> None:
    assert judge(column(kind), good)[0] == read
    assert judge(column(kind), None) == ([] if kind == "list" else None, [])
    if bad:
        assert judge(column(kind), bad) == ("rejected", [("error", rule)])


@pytest.mark.parametrize(
    ("own", "good", "bad", "rule"),
    [
        (column("text", is_required=True), "a", None, "is_not_null"),
        (column("integer", is_required=True), "1", None, "is_not_null"),
        (column("list", is_required=True), ["a"], None, "is_not_empty"),
        (column("integer", minimum=1), "1", "0", "is_at_least"),
        (column("number", maximum=1.5), "1.5", "1.6", "is_at_most"),
        (column("text", pattern="^a"), "ab", "b", "matches_pattern"),
        (column("list", pattern="^a"), ["ab", "a"], ["ab", "b"], "matches_pattern"),
        (column("text", one_of=("a", "b")), "a", "c", "is_one_of"),
        (column("list", one_of=("a", "b")), ["b", "a"], ["a", "c"], "is_one_of"),
        (column("url", pattern="^https:"), "https://e.org", "/a", "matches_pattern"),
    ],
)
def test_each_rule_finds_what_breaks_it(own: OwnColumn, good: Any, bad: Any, rule: str) -> None:
    assert judge(own, good)[1] == []
    assert judge(own, bad) == ("rejected", [("error", rule)])


def test_own_columns_come_before_extra_and_are_of_articles_alone() -> None:
    own = (column("integer"),)
    table = extend_articles(own)
    assert list(table.columns)[-2:] == ["mine", "extra"]
    assert table.dtypes["mine"] == pl.Int32
    assert extend_articles(()) is ARTICLES
    assert find_table("images", replace(WEB, columns=own)).columns.keys().isdisjoint({"mine"})
    assert extend_shape(own).keys() - ARCHIVE.shape.keys() == {"_web_own_mine"}
