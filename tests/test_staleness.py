"""Which partitions are stale, from their records alone."""

from dataclasses import replace
from typing import Any

import pytest

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.staleness import (
    VIEWS,
    is_ingest_current,
    list_gone,
    list_inputs,
    list_outdated,
    list_stale,
)
from pipelines.warehouse.manifest import Partition
from schemas import TABLE_NAMES

MONTH = "2024-03"


def record(table: str, **changes: Any) -> Partition:
    """A partition of `table` as it is just written, each view with a hash of its own."""
    views = {view: f"{view} of {table}" for view in VIEWS.get(table, {})}
    written = Partition(
        inputs={},
        fingerprint=fingerprint_table(table),
        file=f"{table}/part.parquet",
        rows=1,
        bytes=1,
        sha256="0" * 64,
        views=views,
    )
    return replace(written, **changes)


def tables(**changes: dict[str, Partition]) -> dict[str, dict[str, Partition]]:
    """One month of every table, made from what is there, but for `changes`."""
    of_documents = {table: {"documents": f"{table} of documents"} for table in TABLE_NAMES}
    of_articles = {table: {"articles": f"{table} of articles"} for table in TABLE_NAMES}
    whole = {
        "documents": {MONTH: record("documents", inputs={"files": "0"})},
        "articles": {MONTH: record("articles", inputs=of_documents["articles"])},
        **{
            table: {MONTH: record(table, inputs=of_documents[table] | of_articles[table])}
            for table in ("images", "related_links")
        },
        "findings": {"all": record("findings")},
        "files": {"all": record("files")},
    }
    return whole | changes


def stale(known: dict[str, dict[str, Partition]]) -> list[str]:
    """The tables whose month is stale."""
    return [table for table in ("articles", "images", "related_links") if list_stale(known, table)]


def views_of(table: str, **changes: str) -> dict[str, Partition]:
    return {MONTH: record(table, inputs={"files": "0"}, views=record(table).views | changes)}


def test_what_was_just_made_is_not_stale() -> None:
    known = tables()
    assert stale(known) == []
    assert is_ingest_current(known)
    assert list_outdated(known) == {table: [] for table in TABLE_NAMES}
    assert [list_gone(known, table) for table in TABLE_NAMES[1:4]] == [[], [], []]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"documents": views_of("documents", articles="x")}, ["articles"]),
        ({"documents": views_of("documents", images="x")}, ["images"]),
        ({"images": {MONTH: record("images", fingerprint="of other code")}}, ["images"]),
        ({"images": {}}, ["images"]),
        ({"articles": {}}, ["articles", "images", "related_links"]),
        # A table that is new reads it, too: what it reads of it is not known.
        ({"documents": {MONTH: record("documents", views={})}}, ["articles", *TABLE_NAMES[2:4]]),
    ],
    ids=["its view", "another's view", "its code", "itself", "its parent", "all views"],
)
def test_a_month_is_stale_if_anything_it_is_made_from_differs(
    changes: dict[str, dict[str, Partition]], expected: list[str]
) -> None:
    assert stale(tables(**changes)) == expected


def test_children_follow_what_they_read_of_articles() -> None:
    articles = tables()["articles"][MONTH]
    views = articles.views | {"related_links": "another order"}
    assert stale(tables(articles={MONTH: replace(articles, views=views)})) == ["related_links"]


def test_a_month_without_documents_has_no_inputs_and_is_gone() -> None:
    known = tables(documents={})
    assert list_inputs(known, "images") == {}
    assert list_gone(known, "images") == [MONTH]
    empty = tables(documents={MONTH: record("documents", rows=0, file=None)})
    assert list_gone(empty, "articles") == [MONTH]


def test_the_empty_file_of_a_table_is_not_gone_but_may_be_of_other_code() -> None:
    empty = record("images", rows=0, inputs={}, fingerprint="of other code")
    known = tables(documents={}, images={"unknown": empty})
    assert list_gone(known, "images") == []
    assert list_outdated(known)["images"] == ["unknown"]


def test_documents_of_other_code_are_to_be_parsed_again() -> None:
    other = record("documents", fingerprint="of other code")
    assert not is_ingest_current(tables(documents={MONTH: other}))
