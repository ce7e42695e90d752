"""What the tests of all tables share: what breaks each rule, and the form of a table's `CASES`.

Each `test_<table>.py` has a value `CASES`, which says a second time what the schema says. Nothing
is read from the schema, so a rule that it loses by mistake is still asked for.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Final, NamedTuple

import polars as pl

from schemas.language.table import Kind, Table
from tests.independent import Post

ID: Final = "0" * 32
OTHER_ID: Final = "f" * 32
NOON: Final = datetime(2024, 3, 5, 12, tzinfo=UTC)


class Cases(NamedTuple):
    """What is known of one table.

    `rules` are the names of the rules of each column that has any. `keys` are the columns of the
    key, each with two values that tell rows apart. `smallest` is the smallest valid row. `item` is
    the least that an item of its list says, for a table with lists. `context` is what else a row
    needs before a column can have a value. `unbreakable` are rules of a column that no file can
    break. `expect` gives the rows of a post by another route, without the id of the article.
    """

    rules: dict[str, str]
    keys: dict[str, tuple[Any, Any]]
    smallest: dict[str, Any]
    item: dict[str, str | None] | None = None
    context: Mapping[str, dict[str, Any]] = {}
    unbreakable: Mapping[str, set[str]] = {}
    expect: Callable[[Post], list[dict[str, Any]]] | None = None


def load_cases(table: str) -> Cases:
    """The cases of `table`, from the file of its tests."""
    cases: Cases = import_module(f"tests.tables.test_{table}").CASES
    return cases


def frame_rows(table: Table, *changes: dict[str, Any]) -> pl.DataFrame:
    """Smallest valid rows, each with a key of its own and then with its change."""
    smallest = dict.fromkeys(table.columns) | load_cases(table.name).smallest
    first = "source_path" if table.key[0] == "table_name" else table.key[0]
    rows = [smallest | {first: f"{n:032x}"} | change for n, change in enumerate(changes, start=1)]
    return pl.DataFrame(rows, schema=table.dtypes)


class Values(NamedTuple):
    """What breaks a rule, and what just satisfies it."""

    broken: tuple[Any, ...]
    boundary: tuple[Any, ...]


KIND_RULES: Final[dict[Kind, set[str]]] = {
    "text": set(),
    "list": set(),
    "derived": set(),
    "url": {"is_trimmed"},
    "integer": {"is_integer"},
    "boolean": {"is_boolean"},
    "timestamp": {"is_timestamp"},
}
"""What text must satisfy to be read as a kind."""

TYPING_RULES: Final = set().union(*KIND_RULES.values())


def list_rules(table: Table) -> dict[str, set[str]]:
    """The rules that the schema has now, by column."""
    rules = {
        name: {rule.name for rule in column.rules}
        | ({"is_not_null"} if column.is_required else set())
        | KIND_RULES[column.kind]
        for name, column in table.columns.items()
    }
    for rule in table.row_rules:
        rules[rule.column].add(rule.name)
    return {name: names for name, names in rules.items() if names}


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
    "is_precision": Values(("", "month", "Second"), ("second", "minute", "date")),
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

TEXTS: Final = {
    "is_not_null": Values((None, "", "~", "null"), ()),
    "is_not_blank": Values(("''", "' '", '"\\t"', '"\\u00a0"'), ("' a '", "0")),
    "is_trimmed": Values((), ("' /a b '", '"\\t/\\n"')),
    "is_url": Values(("x", "http:/", "ftp://e", "'x http://e'"), ("/", "http://", "HTTPS://e")),
    "is_integer": Values(
        ("' '", "1.0", "1_0", "0x1", "' 1'", "2147483648", "-2147483649", "'9 9'"),
        ("2147483647", "+1", "007", "'42'"),
    ),
    "is_boolean": Values(("' '", "1", "y", "maybe", "tRue"), ("true", "Yes", "OFF", "'on'")),
    "is_timestamp": Values(
        (
            *("' '", "soon", "2024-02-30", "0000-01-01", "2024-3", "10000-01-01"),
            *("2024-03-05T24:00:00Z", "2024-03-05T10:00:60Z", "2024-03-05T10:00:00+24:00"),
            *("0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"),
        ),
        (
            *(
                "2024-02-29",
                "2024-3-5",
                "2024-03-05T10:00z",
                "0001-01-01",
                "9999-12-31T23:59:59.999999Z",
                "'2024-03-05'",
            ),
            *("2024-03-05T10:00:59+23:59", "0001-01-01T00:00:00-00:01"),
        ),
    ),
    "is_not_negative": Values(("-1", "-2147483648"), ("0", "+0", "-0")),
    "is_positive": Values(("0", "-1"), ("1", "+1")),
    "is_dated_if_news": Values((None, "~", "''"), ("2024-03-05",)),
}
"""By rule, for a value as it is written in a file; null leaves its key out."""
