"""Rules: what a value has to satisfy, and how that is said."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import polars as pl

from schemas.language.months import MONTH_PATTERN, UNKNOWN_MONTH


class Claim(NamedTuple):
    """The name of a rule, and what it expects in words."""

    name: str
    expected: str


@dataclass(frozen=True)
class Rule:
    """A rule for every value of a column. Nulls pass: whether one may stand there, the column says.

    `name` is the code that `matterhouse rejects` prints.
    """

    name: str
    expected: str
    holds: Callable[[pl.Expr], pl.Expr]


@dataclass(frozen=True)
class RowRule:
    """A rule over several columns of one row, reported on `column`.

    If the rule gives null, the row passes.
    """

    name: str
    column: str
    holds: pl.Expr
    expected: str


IS_NOT_NULL: Final = Claim("is_not_null", "a value")
HAS_TIME_ZONE: Final = Claim("has_time_zone", "Z or an offset; it is taken as UTC")

IS_ID = Rule("is_id", "32 hex digits", lambda value: value.str.contains(r"^[0-9a-f]{32}$"))
IS_SHA256 = Rule("is_sha256", "64 hex digits", lambda value: value.str.contains(r"^[0-9a-f]{64}$"))
IS_NOT_BLANK = Rule(
    "is_not_blank", "text that is not blank", lambda value: value.str.contains(r"\S")
)
IS_URL = Rule(
    "is_url",
    "an address that begins with http://, https:// or /",
    lambda value: value.str.contains(r"^(?i:https?://|/)"),
)
IS_NOT_NEGATIVE = Rule("is_not_negative", "a number from 0 upwards", lambda value: value >= 0)
IS_POSITIVE = Rule("is_positive", "a number from 1 upwards", lambda value: value >= 1)
HAS_NO_NULL_ITEMS = Rule(
    "has_no_null_items",
    "text in every item",
    lambda value: value.list.drop_nulls().list.len() == value.list.len(),
)
IS_MONTH = Rule(
    "is_month",
    "YYYY-MM or unknown",
    lambda value: value.str.contains(f"^(?:{MONTH_PATTERN}|{UNKNOWN_MONTH})$"),
)
IS_PRECISION = Rule(
    "is_precision",
    "second, minute or date",
    lambda value: value.is_in(["second", "minute", "date"]),
)
