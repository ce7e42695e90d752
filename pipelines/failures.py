"""Failures: the rules that rows of one frame break, before it is known where in a file."""

from collections.abc import Iterable
from typing import TypeAlias

import polars as pl

Failures: TypeAlias = pl.DataFrame
"""One row per broken rule; `row_index` counts the rows of the frame that was judged."""

FAILURE_TYPES = {
    "row_index": pl.UInt32,
    "column": pl.String,
    "rule": pl.String,
    "severity": pl.String,
    "value": pl.String,
    "expected": pl.String,
}


def frame_failures(
    rows: pl.Series, *, column: str, rule: str, severity: str, value: pl.Series, expected: str
) -> Failures:
    """Failures of one rule at `rows`, with the value that each of them has."""
    if rows.is_empty():
        return pl.DataFrame(schema=FAILURE_TYPES)
    return pl.select(
        row_index=rows.cast(pl.UInt32),
        column=pl.lit(column),
        rule=pl.lit(rule),
        severity=pl.lit(severity),
        value=value.cast(pl.String),
        expected=pl.lit(expected),
    )


def concat_failures(failures: Iterable[Failures]) -> Failures:
    """All of `failures` in one frame."""
    return pl.concat([pl.DataFrame(schema=FAILURE_TYPES), *filter(len, failures)])


def failed_rows(failures: Failures) -> pl.Series:
    """The rows that an error keeps out, each once; warnings keep none."""
    return failures.filter(severity="error")["row_index"].unique()
