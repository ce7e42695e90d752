"""From text to the types of a schema, with nothing lost on the way."""

from collections.abc import Callable
from typing import Final, NamedTuple

import polars as pl

from pipelines.failures import Failures, concat_failures, frame_failures
from pipelines.timestamps import read_timestamps
from schemas.table import Kind, Table

_TRUE: Final = ("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON")
_FALSE: Final = ("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF")
"""The words of https://yaml.org/type/bool.html, without its single letters."""

_INTEGER: Final = r"^[-+]?[0-9]+$"
_INT32: Final = (-(2**31), 2**31 - 1)


class Cast(NamedTuple):
    """A frame of text after typing: what could not be read is null in it, and a failure."""

    typed: pl.DataFrame
    failures: Failures


class _Reader(NamedTuple):
    read: Callable[[pl.Series], pl.Series]
    rule: str
    expected: str


def cast_columns(text: pl.DataFrame, table: Table) -> Cast:
    """Read the columns that `table` has a key for; all others pass as they are."""
    casts = [_cast_column(column, table) for column in text.get_columns()]
    return Cast(
        pl.DataFrame([values for values, _ in casts]),
        concat_failures(failures for _, of_column in casts for failures in of_column),
    )


def _cast_column(column: pl.Series, table: Table) -> tuple[pl.Series, list[Failures]]:
    kind = table.kind(column.name) if column.name in table.columns else "derived"
    if kind == "url":
        return column.str.strip_chars(), []
    reader = _READERS.get(kind)
    if reader is None:
        return column, []
    values = reader.read(column).alias(column.name)
    is_lost = column.is_not_null() & values.is_null()
    failures = [_failures(column, is_lost, reader.rule, reader.expected)]
    if kind == "timestamp":
        lacks_zone = read_timestamps(column)["lacks_zone"].fill_null(value=False)
        failures.append(_failures(column, lacks_zone, "has_time_zone", "Z or an offset", "warning"))
    return values, failures


def _failures(
    column: pl.Series, is_broken: pl.Series, rule: str, expected: str, severity: str = "error"
) -> Failures:
    rows = is_broken.arg_true()
    return frame_failures(
        rows,
        column=column.name,
        rule=rule,
        severity=severity,
        value=column.gather(rows),
        expected=expected,
    )


def _read_integer(text: pl.Series) -> pl.Series:
    is_number = text.str.contains(_INTEGER).fill_null(value=False)
    number = text.zip_with(is_number, pl.Series([None], dtype=pl.String))
    number = number.str.strip_prefix("+").cast(pl.Int64, strict=False)
    is_within = number.is_between(*_INT32).fill_null(value=False)
    return number.zip_with(is_within, pl.Series([None], dtype=pl.Int64)).cast(pl.Int32)


def _read_boolean(text: pl.Series) -> pl.Series:
    values = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}
    return text.replace_strict(values, default=None, return_dtype=pl.Boolean)


def _read_timestamp(text: pl.Series) -> pl.Series:
    return read_timestamps(text)["moment"]


_READERS: Final[dict[Kind, _Reader]] = {
    "integer": _Reader(_read_integer, "is_integer", "a whole number of 32 bits"),
    "boolean": _Reader(_read_boolean, "is_boolean", "true or false, yes or no, on or off"),
    "timestamp": _Reader(
        _read_timestamp, "is_timestamp", "a date, or a date and time like 2020-01-31T12:00:00Z"
    ),
}
