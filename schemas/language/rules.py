"""The rules that columns share, each with what it expects in words.

A check's `name` is the rule that `matterhouse rejects` prints, its `description` what was
expected.
"""

from collections.abc import Callable

import polars as pl
from pandera.api.checks import Check
from pandera.api.polars.types import PolarsData

from schemas.language.months import MONTH_PATTERN, UNKNOWN_MONTH


def _rule(name: str, expected: str, holds: Callable[[pl.Expr], pl.Expr]) -> Check:
    def check(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(holds(pl.col(data.key)))

    return Check(check, name=name, description=expected)


IS_ID = _rule("is_id", "32 hex digits", lambda value: value.str.contains(r"^[0-9a-f]{32}$"))
IS_SHA256 = _rule("is_sha256", "64 hex digits", lambda value: value.str.contains(r"^[0-9a-f]{64}$"))
IS_NOT_BLANK = _rule(
    "is_not_blank", "text that is not blank", lambda value: value.str.contains(r"\S")
)
IS_URL = _rule(
    "is_url",
    "an address that begins with http://, https:// or /",
    lambda value: value.str.contains(r"^(?i:https?://|/)"),
)
IS_NOT_NEGATIVE = _rule("is_not_negative", "a number from 0 upwards", lambda value: value >= 0)
IS_POSITIVE = _rule("is_positive", "a number from 1 upwards", lambda value: value >= 1)
HAS_NO_NULL_ITEMS = _rule(
    "has_no_null_items",
    "text in every item",
    lambda value: value.list.drop_nulls().list.len() == value.list.len(),
)
IS_MONTH = _rule(
    "is_month",
    "YYYY-MM or unknown",
    lambda value: value.str.contains(f"^(?:{MONTH_PATTERN}|{UNKNOWN_MONTH})$"),
)
IS_PRECISION = _rule(
    "is_precision", "second or date", lambda value: value.is_in(["second", "date"])
)
