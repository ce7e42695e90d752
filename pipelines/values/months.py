"""Months: the partition that a post belongs to."""

import polars as pl

from pipelines.values.timestamps import read_timestamps
from schemas.language.months import UNKNOWN_MONTH


def read_months(dates: pl.Series, time_zones: pl.Series | None = None) -> pl.Series:
    """The month in UTC of every date as written; `unknown` if it cannot be read.

    `time_zones` are those of `read_timestamps`.
    """
    return (
        read_timestamps(dates, time_zones)["moment"].dt.strftime("%Y-%m").fill_null(UNKNOWN_MONTH)
    )
