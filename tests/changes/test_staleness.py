"""Which partitions are stale, from their records alone."""

from dataclasses import replace
from typing import Any

import pytest

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.staleness import (
    has_views,
    is_ingest_current,
    list_gone,
    list_inputs,
    list_outdated,
    list_stale,
    list_unviewed,
    name_views,
)
from pipelines.warehouse.manifest import Partition
from schemas.language.registry import list_derived, load_tables

MONTH = "2024-03"


def record(table: str, **changes: Any) -> Partition:
    """The record of a partition of `table` that was just written. Each view has its own hash."""
    views = {name: f"{view} of {table}" for view, name in name_views(table).items()}
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
    """The records of one month of every table, all up to date except for `changes`."""
    of_documents = {table: {"documents": f"{table} of documents"} for table in load_tables()}
    of_articles = {table: {"articles": f"{table} of articles"} for table in load_tables()}
    whole = {
        "documents": {MONTH: record("documents", inputs={"files": "0"})},
        "articles": {MONTH: record("articles", inputs=of_documents["articles"])},
        **{
            table: {MONTH: record(table, inputs=of_documents[table] | of_articles[table])}
            for table in list_derived()
            if table != "articles"
        },
        "findings": {"all": record("findings")},
        "files": {"all": record("files")},
        "observations": {"all": record("observations", fingerprint="of other code")},
    }
    return whole | changes


def stale(known: dict[str, dict[str, Partition]]) -> list[str]:
    """The tables whose month is stale."""
    return [table for table in list_derived() if list_stale(known, table)]


def views_of(table: str, **changes: str) -> dict[str, Partition]:
    changed = {name_views(table)[view]: digest for view, digest in changes.items()}
    return {MONTH: record(table, inputs={"files": "0"}, views=record(table).views | changed)}


def test_documents_without_the_views_of_now_are_read_and_not_parsed() -> None:
    known = tables(documents={MONTH: record("documents", views={"images:old": "x"})})
    assert list_unviewed(known) == [MONTH]
    assert is_ingest_current(known)
    assert list_unviewed(tables()) == []
    assert has_views("documents", record("documents", rows=0, views={}))


def test_a_new_partition_is_not_stale() -> None:
    known = tables()
    assert stale(known) == []
    assert is_ingest_current(known)
    assert list_outdated(known) == {table: [] for table in load_tables()}
    assert {table: list_gone(known, table) for table in list_derived()} == {
        table: [] for table in list_derived()
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"documents": views_of("documents", articles="x")}, ["articles"]),
        ({"documents": views_of("documents", images="x")}, ["images"]),
        ({"images": {MONTH: record("images", fingerprint="of other code")}}, ["images"]),
        ({"images": {}}, ["images"]),
        ({"articles": {}}, list_derived()),
        # Without views it is not known what a table reads, as for a table that is new.
        ({"documents": {MONTH: record("documents", views={})}}, list_derived()),
    ],
    ids=["its view", "another's view", "its code", "itself", "its parent", "all views"],
)
def test_a_month_is_stale_if_anything_it_is_made_from_differs(
    changes: dict[str, dict[str, Partition]], expected: list[str]
) -> None:
    assert stale(tables(**changes)) == expected


def test_children_are_stale_if_what_they_read_of_articles_changed() -> None:
    articles = tables()["articles"][MONTH]
    views = articles.views | {name_views("articles")["related_links"]: "another order"}
    assert stale(tables(articles={MONTH: replace(articles, views=views)})) == ["related_links"]


def test_a_month_without_documents_is_gone() -> None:
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


def test_documents_of_other_code_must_be_parsed_again() -> None:
    other = record("documents", fingerprint="of other code")
    assert not is_ingest_current(tables(documents={MONTH: other}))
