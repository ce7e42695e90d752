"""Every rule of every column, written out a second time, with what breaks it and what just passes.

What a schema loses by mistake is still asked for here: the rules are not read from it.
"""

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import polars as pl

from schemas.language.table import Kind, Table

ID: Final = "0" * 32
OTHER_ID: Final = "f" * 32
NOON: Final = datetime(2024, 3, 5, 12, tzinfo=UTC)

RULES: Final[dict[str, dict[str, str]]] = {
    "documents": {
        "document_id": "is_not_null is_id",
        "source_path": "is_not_null",
        "collection": "is_not_null",
        "content_sha256": "is_not_null is_sha256",
        "size_bytes": "is_not_null is_not_negative",
    },
    "articles": {
        "article_id": "is_not_null is_id",
        "source_path": "is_not_null",
        "collection": "is_not_null",
        "type": "is_not_null",
        "title": "is_not_null is_not_blank",
        "published_at": "is_timestamp is_dated_if_news",
        "published_precision": "is_precision",
        "original_url": "is_trimmed is_url",
        "web_url": "is_trimmed is_url",
        "amp_url": "is_trimmed is_url",
        "cdn_amp_url": "is_trimmed is_url",
        "url_id": "is_id",
        "topics": "is_not_null has_no_null_items",
        "quality": "is_integer",
        "heat": "is_integer",
        "is_published": "is_boolean",
        "is_removed": "is_not_null is_boolean",
        "image_count": "is_not_null is_not_negative",
        "related_count": "is_not_null is_not_negative",
    },
    "images": {
        "article_id": "is_not_null is_id",
        "owner": "is_not_null",
        "related_position": "is_not_negative has_related_position_if_related",
        "position": "is_not_null is_not_negative",
        "url": "is_not_null is_trimmed is_url",
        "width": "is_integer is_not_negative",
        "height": "is_integer is_not_negative",
        "is_cached": "is_boolean",
    },
    "related_links": {
        "article_id": "is_not_null is_id",
        "position": "is_not_null is_not_negative",
        "published_at": "is_timestamp",
        "web_url": "is_not_null is_trimmed is_url",
        "amp_url": "is_trimmed is_url",
        "cdn_amp_url": "is_trimmed is_url",
        "target_url_id": "is_id",
        "quality": "is_integer",
        "image_count": "is_not_null is_not_negative",
        "is_self": "is_not_null",
        "is_repeat": "is_not_null",
    },
    "findings": {
        "severity": "is_not_null",
        "table_name": "is_not_null",
        "source_path": "is_not_null",
        "line": "is_positive",
        "column_number": "is_positive",
        "rule": "is_not_null",
        "expected": "is_not_null",
        "message": "is_not_null",
    },
    "files": {
        "source_path": "is_not_null",
        "size_bytes": "is_not_negative",
        "content_sha256": "is_sha256",
        "status": "is_not_null",
        "document_id": "is_id",
        "published_month": "is_month",
    },
}
"""By table and column; a column without any is left out."""


class Child(NamedTuple):
    """Where a post lists the rows of a table, and the least that one of them says."""

    list_key: str
    item: dict[str, str | None]


CHILDREN: Final = {
    "images": Child("images", {"url": "/a"}),
    "related_links": Child("related", {"webUrl": "/a"}),
}

KEYS: Final[dict[str, dict[str, tuple[Any, Any]]]] = {
    "documents": {"document_id": (ID, OTHER_ID)},
    "articles": {"article_id": (ID, OTHER_ID)},
    "images": {
        "article_id": (ID, OTHER_ID),
        "owner": ("article", "provider"),
        "related_position": (0, 1),
        "position": (0, 1),
    },
    "related_links": {"article_id": (ID, OTHER_ID), "position": (0, 1)},
    "findings": {
        "table_name": ("articles", "images"),
        "source_path": ("a.md", "b.md"),
        "field_path": (None, "title"),
        "rule": ("is_url", "is_id"),
    },
    "files": {"source_path": ("a.md", "b.md")},
}
"""The columns of every key, each with two values that tell rows apart."""

KIND_RULES: Final[dict[Kind, set[str]]] = {
    "text": set(),
    "list": set(),
    "derived": set(),
    "url": {"is_trimmed"},
    "integer": {"is_integer"},
    "boolean": {"is_boolean"},
    "timestamp": {"is_timestamp"},
}
"""What reading a text as a kind asks for; the shape is the affair of the front matter."""

TYPING_RULES: Final = set().union(*KIND_RULES.values())


def list_rules(table: Table) -> dict[str, set[str]]:
    """The rules that the schema has now, by column."""
    rules = {
        name: {str(check.name) for check in column.checks}
        | ({"is_not_null"} if not column.nullable else set())
        | KIND_RULES[table.kind(name)]
        for name, column in table.columns.items()
    }
    for rule in table.row_rules:
        rules[rule.column].add(rule.name)
    return {name: names for name, names in rules.items() if names}


class Values(NamedTuple):
    """What breaks a rule, and what lies just inside of it."""

    broken: tuple[Any, ...]
    boundary: tuple[Any, ...]


VALUES: Final = {
    "is_not_null": Values((None,), ()),
    "is_id": Values(
        ("", "0" * 31, "0" * 33, "0" * 31 + "g", "A" * 32, ID + "\n"), (ID, OTHER_ID, "9a" * 16)
    ),
    "is_sha256": Values(("", "0" * 63, "0" * 65, "G" * 64), ("0" * 64, "f" * 64)),
    "is_not_blank": Values(("", " ", "\t\n", "\u00a0", "\u3000"), (" a ", "0")),
    "is_url": Values(
        ("", "x", "http:/", "https:", "ftp://e", "mailto:x", "e.org/", "x http://e", "x\n/a"),
        ("/", "http://", "https://", "HTTPS://e", "hTtP://x", "/a b"),
    ),
    "is_not_negative": Values((-1,), (0,)),
    "is_positive": Values((0, -1), (1,)),
    "has_no_null_items": Values(([None], ["a", None]), ([], [""], ["~"])),
    "is_month": Values(("", "2024", "2024-1", "2024-01-01", "Unknown"), ("2024-01", "unknown")),
    "is_precision": Values(("", "month", "Second"), ("second", "date")),
}
"""By rule, for a row as we make it."""

ROW_VALUES: Final = {
    "is_dated_if_news": Values(
        ({"category": "news"},),
        ({"category": "news", "published_at": NOON}, {"category": "letter"}, {"category": "News"}),
    ),
    "has_related_position_if_related": Values(
        (
            {"owner": "related"},
            {"owner": "article", "related_position": 0},
            {"owner": "provider", "related_position": 0},
        ),
        ({"owner": "related", "related_position": 0}, {"owner": "article"}, {"owner": "provider"}),
    ),
}
"""The same for a rule over several columns: what is changed in a valid row."""

VALID: Final[dict[str, dict[str, Any]]] = {
    "documents": {
        "document_id": ID,
        "source_path": "a.md",
        "collection": "",
        "content_sha256": "0" * 64,
        "size_bytes": 0,
    },
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


def frame_rows(table: Table, *changes: dict[str, Any]) -> pl.DataFrame:
    """Smallest valid rows, each with a key of its own and then with its change."""
    smallest = dict.fromkeys(table.columns) | VALID[table.name]
    first = "source_path" if table.key[0] == "table_name" else table.key[0]
    rows = [smallest | {first: f"{n:032x}"} | change for n, change in enumerate(changes, start=1)]
    return pl.DataFrame(rows, schema=table.dtypes)


TEXTS: Final = {
    "is_not_null": Values((None, "", "~", "null"), ()),
    "is_not_blank": Values(("''", "' '", '"\\t"', '"\\u00a0"'), ("' a '", "0")),
    "is_trimmed": Values((), ("' /a b '", '"\\t/\\n"')),
    "is_url": Values(
        ("''", "' '", "x", "http:/", "ftp://e", "'x http://e'"), ("/", "http://", "HTTPS://e")
    ),
    "is_integer": Values(
        ("''", "1.0", "1_0", "0x1", "' 1'", "2147483648", "-2147483649", "'9 9'"),
        ("2147483647", "+1", "007", "'42'"),
    ),
    "is_boolean": Values(("''", "1", "y", "maybe", "tRue"), ("true", "Yes", "OFF", "'on'")),
    "is_timestamp": Values(
        (
            *("''", "soon", "2024-02-30", "0000-01-01", "2024-3-5", "10000-01-01"),
            *("2024-03-05T24:00:00Z", "2024-03-05T10:00:60Z", "2024-03-05T10:00:00+24:00"),
            *("0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"),
        ),
        (
            *("2024-02-29", "0001-01-01", "9999-12-31T23:59:59.999999Z", "'2024-03-05'"),
            *("2024-03-05T10:00:59+23:59", "0001-01-01T00:00:00-00:01"),
        ),
    ),
    "is_not_negative": Values(("-1", "-2147483648"), ("0", "+0", "-0")),
    "is_positive": Values(("0", "-1"), ("1", "+1")),
    "is_dated_if_news": Values((None, "~"), ("2024-03-05",)),
}
"""By rule, for a value as it is written in a file; null leaves its key out."""

BROKEN_BY_US_ALONE: Final = {
    "articles": {
        # What is absent is an empty list, and false.
        "topics": {"is_not_null", "has_no_null_items"},
        "is_removed": {"is_not_null"},
    },
}
"""Rules of columns that are read from a file, but that no file can break.

A null among the topics is found before, as a wrong shape.
"""
