"""From text to the types of a schema. Nothing is lost on the way."""

from collections.abc import Callable
from typing import Final, NamedTuple

import polars as pl

from pipelines.tables.failures import FAILURE_TYPES, Failures, concat_failures
from pipelines.values.timestamps import explain_unreadable, read_timestamps
from schemas.language.rules import HAS_TIME_ZONE, Claim
from schemas.language.table import READING_RULES, Kind, Table

_TRUE: Final = ("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON")
_FALSE: Final = ("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF")
"""The words of https://yaml.org/type/bool.html, without its single letters."""

_NEVER_EMPTY: Final = frozenset({"integer", "number", "boolean", "timestamp", "url"})

_INTEGER: Final = r"^[-+]?[0-9]+$"
_NUMBER: Final = r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$"
_INT32: Final = (-(2**31), 2**31 - 1)


class Cast(NamedTuple):
    """A frame after typing. A value that could not be read is null there, and a failure."""

    typed: pl.DataFrame
    failures: Failures


def cast_columns(text: pl.DataFrame, table: Table, time_zones: pl.Series | None = None) -> Cast:
    """Read the columns that `table` has a key for. All others pass as they are.

    An empty text is null in a column that is not text: a CMS writes '' for a field left empty.
    `time_zones` are those of times without one; null, or no series: UTC, and a warning.

    One query reads all columns. A query for each would cost more than the reading.
    """
    kinds = {name: table.columns[name].kind for name in text.columns if name in table.columns}
    text = text.with_columns(
        pl.when(_trim(name, kind) != "").then(name).alias(name)
        for name, kind in kinds.items()
        if kind in _NEVER_EMPTY
    )
    moments = {
        name: read_timestamps(text[name], time_zones)
        for name, kind in kinds.items()
        if kind == "timestamp"
    }
    typed = text.with_columns(
        *(_READ[kind](pl.col(name)) for name, kind in kinds.items() if kind in _READ),
        *(read["moment"].alias(name) for name, read in moments.items()),
    )
    is_lost = text.select(
        pl.col(name).is_not_null() & typed[name].is_null()
        for name, kind in kinds.items()
        if kind in READING_RULES
    )
    failures = [
        _frame_failures(text[name], is_lost[name], READING_RULES[kinds[name]])
        for name in is_lost.columns
    ]
    failures = [
        _explain_dates(each) if kinds[name] == "timestamp" else each
        for name, each in zip(is_lost.columns, failures, strict=True)
    ]
    failures += [
        _frame_failures(
            text[name], read["lacks_zone"].fill_null(value=False), HAS_TIME_ZONE, "warning"
        )
        for name, read in moments.items()
    ]
    return Cast(typed, concat_failures(failures))


def _explain_dates(failures: Failures) -> Failures:
    """The failures of a column of timestamps, with what each text lacks if it is nearly one."""
    if failures.is_empty():
        return failures
    nearly = explain_unreadable(failures["value"])
    return failures.with_columns(expected=pl.coalesce(nearly, "expected"))


def _trim(name: str, kind: Kind) -> pl.Expr:
    """The text in which an address is looked for, or any other value as it is."""
    return pl.col(name).str.strip_chars() if kind == "url" else pl.col(name)


def _frame_failures(
    text: pl.Series, is_broken: pl.Series, claim: Claim, severity: str = "error"
) -> Failures:
    """The failures of one column, with the text of each row that fails."""
    rows = is_broken.arg_true()
    if rows.is_empty():
        return pl.DataFrame(schema=FAILURE_TYPES)
    return pl.select(
        row_index=rows,
        column=pl.lit(text.name),
        rule=pl.lit(claim.name),
        severity=pl.lit(severity),
        value=text.gather(rows),
        expected=pl.lit(claim.expected),
    )


def _read_integer(text: pl.Expr) -> pl.Expr:
    digits = pl.when(text.str.contains(_INTEGER)).then(text.str.strip_prefix("+"))
    number = digits.cast(pl.Int64, strict=False)
    return pl.when(number.is_between(*_INT32)).then(number).cast(pl.Int32)


def _read_number(text: pl.Expr) -> pl.Expr:
    number = pl.when(text.str.contains(_NUMBER)).then(text).cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def read_boolean(text: pl.Expr) -> pl.Expr:
    """The boolean that a text means; null if it means none."""
    values = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}
    return text.replace_strict(values, default=None, return_dtype=pl.Boolean)


def is_boolean(value: object) -> bool:
    """Whether `read_boolean` knows what a value means."""
    return value in _TRUE or value in _FALSE


_READ: Final[dict[Kind, Callable[[pl.Expr], pl.Expr]]] = {
    "integer": _read_integer,
    "number": _read_number,
    "boolean": read_boolean,
    "url": lambda text: text.str.strip_chars(),
    "list": lambda texts: texts.fill_null([]),
}
