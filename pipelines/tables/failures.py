"""Failures: the rules that the rows of a frame break. Their place in a file is not known yet."""

from collections.abc import Iterable
from typing import TypeAlias

import polars as pl

Failures: TypeAlias = pl.DataFrame
"""One row per broken rule. `row_index` is the number of the row in the frame that was judged."""

FAILURE_TYPES = {
    "row_index": pl.UInt32,
    "column": pl.String,
    "rule": pl.String,
    "severity": pl.String,
    "value": pl.String,
    "expected": pl.String,
}


def concat_failures(failures: Iterable[Failures]) -> Failures:
    """All of `failures` in one frame."""
    return pl.concat([pl.DataFrame(schema=FAILURE_TYPES), *filter(len, failures)])
