"""From text to types. No unreadable value becomes null in silence."""

import polars as pl
import pytest

from pipelines.tables.casting import cast_columns
from schemas.articles import ARTICLES


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("quality", "42", 42),
        ("quality", "+42", 42),
        ("quality", "-1", -1),
        ("quality", "007", 7),
        ("quality", "2147483647", 2147483647),
        ("quality", "-2147483648", -2147483648),
        ("is_published", "true", True),
        ("is_published", "Yes", True),
        ("is_published", "ON", True),
        ("is_published", "False", False),
        ("is_published", "no", False),
        ("is_published", "off", False),
        ("web_url", "  /a b  ", "/a b"),
        ("title", "  a  ", "  a  "),
        ("title", "", ""),
        ("quality", "", None),
        ("is_published", "", None),
        ("published_at", "", None),
        ("web_url", "", None),
        ("web_url", "  ", None),
    ],
)
def test_text_is_read_as_its_column_says(column: str, text: str, value: object) -> None:
    cast = cast_columns(pl.DataFrame({column: [text, None]}), ARTICLES)
    assert cast.typed[column].to_list() == [value, None]
    assert cast.failures.is_empty()


@pytest.mark.parametrize(
    ("column", "text", "rule"),
    [
        ("quality", "4.0", "is_integer"),
        ("quality", "1e3", "is_integer"),
        ("quality", "1_000", "is_integer"),
        ("quality", "0x10", "is_integer"),
        ("quality", " 1", "is_integer"),
        ("quality", "٣", "is_integer"),
        ("quality", "2147483648", "is_integer"),
        ("quality", "9" * 40, "is_integer"),
        ("is_published", "1", "is_boolean"),
        ("is_published", "y", "is_boolean"),
        ("is_published", "tRue", "is_boolean"),
        ("published_at", "2024-02-30", "is_timestamp"),
    ],
)
def test_an_unreadable_value_is_a_failure_with_its_text(column: str, text: str, rule: str) -> None:
    cast = cast_columns(pl.DataFrame({column: [None, text]}, schema={column: pl.String}), ARTICLES)
    assert cast.typed[column].to_list() == [None, None]
    assert cast.failures.select("row_index", "column", "rule", "severity", "value").rows() == [
        (1, column, rule, "error", text)
    ]


def test_a_time_without_zone_is_kept_with_a_warning() -> None:
    cast = cast_columns(pl.DataFrame({"published_at": ["2024-01-01 10:00:00"]}), ARTICLES)
    assert cast.typed["published_at"].is_not_null().all()
    assert cast.failures.select("rule", "severity", "expected").rows() == [
        ("has_time_zone", "warning", "Z or an offset; it is taken as UTC")
    ]
