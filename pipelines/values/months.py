"""Months: the partition that a document belongs to."""

import polars as pl

from pipelines.values.timestamps import read_timestamps
from schemas.language.months import UNKNOWN_MONTH


def add_month(documents: pl.DataFrame) -> pl.DataFrame:
    """`documents` with the column `published_month`: the UTC month, or unknown."""
    moment = read_timestamps(documents["publishedDateTime"])["moment"]
    return documents.with_columns(
        published_month=moment.dt.strftime("%Y-%m").fill_null(UNKNOWN_MONTH)
    )
