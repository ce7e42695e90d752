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


class Limits(NamedTuple):
    """What a rule asks of a value, as far as other tools can check it too. None asks nothing.

    `pattern` is a regular expression that is found somewhere in the text. For a list, the limits
    are those of each item.
    """

    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    one_of: tuple[str, ...] = ()


NO_LIMITS: Final = Limits()


@dataclass(frozen=True)
class Rule:
    """A rule for every value of a column. Nulls pass: whether one may stand there, the column says.

    `name` is the code that `matterhouse rejects` prints.
    """

    name: str
    expected: str
    holds: Callable[[pl.Expr], pl.Expr]
    limits: Limits = NO_LIMITS


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


def matches(name: str, expected: str, pattern: str) -> Rule:
    """A rule for text in which `pattern` is found."""
    return Rule(name, expected, lambda value: value.str.contains(pattern), Limits(pattern))


def is_at_least(name: str, expected: str, minimum: float) -> Rule:
    """A rule for numbers from `minimum` upwards."""
    return Rule(name, expected, lambda value: value >= minimum, Limits(minimum=minimum))


def is_one_of(name: str, expected: str, texts: tuple[str, ...]) -> Rule:
    """A rule for text that is one of `texts`."""
    return Rule(name, expected, lambda value: value.is_in(texts), Limits(one_of=texts))


IS_ID = matches("is_id", "32 hex digits", "^[0-9a-f]{32}$")
IS_SHA256 = matches("is_sha256", "64 hex digits", "^[0-9a-f]{64}$")
IS_NOT_BLANK = matches("is_not_blank", "text that is not blank", r"\S")
IS_URL = matches(
    "is_url",
    "an address that begins with http://, https:// or /",
    "^(?:[Hh][Tt][Tt][Pp][Ss]?://|/)",
)
IS_NOT_NEGATIVE = is_at_least("is_not_negative", "a number from 0 upwards", 0)
IS_POSITIVE = is_at_least("is_positive", "a number from 1 upwards", 1)
HAS_NO_NULL_ITEMS = Rule(
    "has_no_null_items",
    "text in every item",
    lambda value: value.list.drop_nulls().list.len() == value.list.len(),
)
IS_MONTH = matches("is_month", "YYYY-MM or unknown", f"^(?:{MONTH_PATTERN}|{UNKNOWN_MONTH})$")
IS_PRECISION = is_one_of("is_precision", "second, minute or date", ("second", "minute", "date"))
