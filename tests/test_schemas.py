"""Contracts that every table keeps."""

import re
from typing import Any

import polars as pl
import pytest

from pipelines.validation import find_failures
from schemas import TABLE_NAMES, load_table
from schemas.articles import ARTICLES
from schemas.files import FILES
from schemas.findings import FINDINGS
from schemas.front_matter import FRONT_MATTER
from schemas.images import IMAGES
from schemas.related_links import RELATED_LINKS
from schemas.table import Table

ID = "0" * 32
VALID: dict[str, dict[str, Any]] = {
    "articles": {
        "article_id": ID,
        "source_path": "a.md",
        "collection": "",
        "type": "article",
        "title": "t",
        "topics": [],
        "is_removed": False,
        "image_count": 0,
        "related_count": 0,
    },
    "images": {"article_id": ID, "owner": "article", "position": 0, "url": "/a"},
    "related_links": {
        "article_id": ID,
        "position": 0,
        "web_url": "/a",
        "image_count": 0,
        "is_self": False,
        "is_repeat": False,
    },
    "findings": {
        "severity": "error",
        "table_name": "articles",
        "source_path": "a.md",
        "rule": "is_url",
        "expected": "x",
        "message": "x",
    },
    "files": {"source_path": "a.md", "status": "loaded"},
}
"""A smallest valid row of every table."""


def frame(table: Table, change: dict[str, Any]) -> pl.DataFrame:
    row = dict.fromkeys(table.columns) | VALID[table.name] | change
    return pl.DataFrame([row], schema=table.dtypes)


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_a_table_is_called_what_its_module_is_and_says_all_about_itself(name: str) -> None:
    table = load_table(name)
    assert table.name == name
    assert table.grain.endswith(".")
    assert set(table.key) | set(table.order) <= table.columns.keys()
    assert all(table.descriptions.values())
    own = [column for column in table.columns if name != "documents" or column not in FRONT_MATTER]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", column) for column in own)


@pytest.mark.parametrize("table", [ARTICLES, IMAGES, RELATED_LINKS])
def test_keys_of_the_front_matter_exist(table: Table) -> None:
    shape: Any = {"articles": FRONT_MATTER, "related_links": FRONT_MATTER["related"][0]}.get(
        table.name, FRONT_MATTER["images"][0]
    )
    for column in table.columns:
        if key := table.front_matter_key(column):
            first, *rest = key.split(".")
            assert first in shape
            assert all(step in shape[first] for step in rest)


@pytest.mark.parametrize("name", VALID)
def test_the_smallest_row_is_valid(name: str) -> None:
    assert find_failures(frame(load_table(name), {}), load_table(name)).is_empty()


@pytest.mark.parametrize("name", VALID)
def test_what_is_required_is_never_null(name: str) -> None:
    table = load_table(name)
    for column in VALID[name]:
        failures = find_failures(frame(table, {column: None}), table)
        assert (column, "is_not_null") in failures.select("column", "rule").rows()


@pytest.mark.parametrize(
    ("table", "change", "column", "rule"),
    [
        (ARTICLES, {"article_id": "X" * 32}, "article_id", "is_id"),
        (ARTICLES, {"article_id": "0" * 31}, "article_id", "is_id"),
        (ARTICLES, {"title": "\u00a0"}, "title", "is_not_blank"),
        (ARTICLES, {"topics": [None]}, "topics", "has_no_null_items"),
        (ARTICLES, {"published_precision": "month"}, "published_precision", "is_precision"),
        (ARTICLES, {"category": "news"}, "published_at", "is_dated_if_news"),
        (ARTICLES, {"original_url": "x"}, "original_url", "is_url"),
        (ARTICLES, {"web_url": "http:/"}, "web_url", "is_url"),
        (ARTICLES, {"amp_url": "//"[:0]}, "amp_url", "is_url"),
        (ARTICLES, {"cdn_amp_url": "mailto:x"}, "cdn_amp_url", "is_url"),
        (ARTICLES, {"url_id": "x"}, "url_id", "is_id"),
        (ARTICLES, {"image_count": -1}, "image_count", "is_not_negative"),
        (ARTICLES, {"related_count": -1}, "related_count", "is_not_negative"),
        (IMAGES, {"article_id": ""}, "article_id", "is_id"),
        (IMAGES, {"owner": "related"}, "related_position", "has_related_position_if_related"),
        (IMAGES, {"related_position": 0}, "related_position", "has_related_position_if_related"),
        (IMAGES, {"position": -1}, "position", "is_not_negative"),
        (IMAGES, {"url": "a.png"}, "url", "is_url"),
        (IMAGES, {"width": -1}, "width", "is_not_negative"),
        (IMAGES, {"height": -1}, "height", "is_not_negative"),
        (RELATED_LINKS, {"article_id": ""}, "article_id", "is_id"),
        (RELATED_LINKS, {"position": -1}, "position", "is_not_negative"),
        (RELATED_LINKS, {"web_url": "x"}, "web_url", "is_url"),
        (RELATED_LINKS, {"amp_url": "x"}, "amp_url", "is_url"),
        (RELATED_LINKS, {"cdn_amp_url": "x"}, "cdn_amp_url", "is_url"),
        (RELATED_LINKS, {"target_url_id": "x"}, "target_url_id", "is_id"),
        (RELATED_LINKS, {"image_count": -1}, "image_count", "is_not_negative"),
        (FINDINGS, {"line": 0}, "line", "is_positive"),
        (FINDINGS, {"column_number": 0}, "column_number", "is_positive"),
        (FILES, {"size_bytes": -1}, "size_bytes", "is_not_negative"),
        (FILES, {"content_sha256": "x"}, "content_sha256", "is_sha256"),
        (FILES, {"document_id": "x"}, "document_id", "is_id"),
        (FILES, {"published_month": "2024"}, "published_month", "is_month"),
    ],
)
def test_a_row_that_breaks_one_rule_is_told_by_that_rule(
    table: Table, change: dict[str, Any], column: str, rule: str
) -> None:
    failures = find_failures(frame(table, change), table)
    assert failures.select("row_index", "column", "rule").rows() == [(0, column, rule)]
    assert failures["expected"].item()


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (ARTICLES, {"web_url": "HTTP://x", "original_url": "/", "amp_url": "https://"}),
        (ARTICLES, {"category": "letter"}),
        (ARTICLES, {"title": " a "}),
        (IMAGES, {"owner": "related", "related_position": 0, "width": 0, "height": 0}),
        (FINDINGS, {"line": 1, "column_number": 1}),
        (FILES, {"published_month": "unknown"}),
    ],
)
def test_a_row_on_the_boundary_is_valid(table: Table, change: dict[str, Any]) -> None:
    assert find_failures(frame(table, change), table).is_empty()
