"""Candidates: what may become the rows of a table."""

from typing import NamedTuple

import polars as pl


class Candidates(NamedTuple):
    """The rows that are to be typed and judged.

    `texts` has the columns that are read from keys, still as text. `rows` has one row per
    candidate: all other columns, `_text`, its row of `texts`, `_partition`, and where it stands:
    `_source_path`, its file, and `_field_path`, the field path of the mapping that it is read from.
    A text that stands in many files is one row of `texts` and many of `rows`.
    """

    texts: pl.DataFrame
    rows: pl.DataFrame
