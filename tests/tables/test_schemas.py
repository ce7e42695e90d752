"""Contracts that every table keeps."""

import re
from dataclasses import replace

import pytest

from schemas.articles import ARTICLES
from schemas.documents import ARCHIVE, REPEATED_KEY, SECRET_KEYS
from schemas.language.archive import describe_archive
from schemas.language.registry import list_derived, load_tables
from schemas.language.table import Column, Table, integer, text, text_list
from schemas.related_links import RELATED_LINKS

TABLES = [table for name, table in load_tables().items() if name != "documents"]


def change_columns(table: Table, **columns: Column) -> list[Table]:
    """All tables but documents, one of them with more columns."""
    changed = replace(table, columns={**table.columns, **columns})
    return [changed if each is table else each for each in TABLES]


@pytest.mark.parametrize("name", load_tables())
def test_a_table_has_the_name_of_its_module_and_describes_itself(name: str) -> None:
    table = load_tables()[name]
    assert table.name == name
    assert table.grain.endswith(".")
    assert set(table.key) | set(table.order) <= table.columns.keys()
    assert all(table.descriptions.values())
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", column) for column in table.columns)


def test_parents_come_before_children() -> None:
    names = list(load_tables())
    assert names[:2] == ["documents", "articles"]
    assert names[-3:] == ["findings", "files", "observations"]
    assert list_derived() == names[1:-3]


def test_every_key_of_a_column_is_a_key_of_the_archive() -> None:
    assert {"category", "provider", "images", "related", *SECRET_KEYS} <= ARCHIVE.shape.keys()
    tables = change_columns(RELATED_LINKS, mood=text("mood.now", "Its mood."))
    (item,) = describe_archive(tables, "related", ()).shape["related"]
    assert item["mood"] == {"now": "text"}


@pytest.mark.parametrize(
    "column",
    [text("provider", "Text."), text("provider.name.first", "Deeper."), text_list("type", "List.")],
)
def test_two_columns_cannot_want_different_things_of_one_key(column: Column) -> None:
    tables = change_columns(ARTICLES, mood=column)
    with pytest.raises(ValueError, match="holds something else in another column"):
        describe_archive(tables, REPEATED_KEY, SECRET_KEYS)


def test_one_table_dates_a_post() -> None:
    undated = [replace(table, dated_by=None) for table in TABLES]
    with pytest.raises(ValueError, match="expected exactly one"):
        describe_archive(undated, REPEATED_KEY, SECRET_KEYS)


def test_a_column_needs_a_type_of_polars() -> None:
    with pytest.raises(TypeError, match="<class 'int'> is no Polars type"):
        replace(integer("heat", "Heat."), dtype=int)


def test_a_table_can_only_name_its_own_columns() -> None:
    with pytest.raises(ValueError, match="articles has no column mood"):
        replace(ARTICLES, key=("mood",))
