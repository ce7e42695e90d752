"""YAML timestamps, as https://yaml.org/type/timestamp.html defines them.

One addition: an offset may lack its colon, since Jekyll writes `2020-01-31 12:00:00 -0800`.
"""

from typing import Final

import polars as pl

from pipelines.values.distinct import map_distinct

_DATE: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MOMENT: Final = (
    r"^(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})(?:[Tt]|[ \t]+)"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9])"
    r"(?:\.(?P<fraction>[0-9]*))?[ \t]*"
    r"(?P<zone>Z|(?P<sign>[-+])(?P<hours>[01]?[0-9]|2[0-3])(?::?(?P<minutes>[0-5][0-9]))?)?$"
)
_FORMAT: Final = "%Y-%m-%d %H:%M:%S.%6f"


def read_timestamps(text: pl.Series) -> pl.DataFrame:
    """The moment that each text means.

    A time without a zone counts as UTC, a bare date as midnight in UTC. Years are 0001 to 9999, in
    UTC too.

    Returns:
        `moment`, in UTC and cut at microseconds, null where the text is no YAML timestamp;
        `lacks_zone`, it gives a time without Z or offset.
    """
    return map_distinct(text.cast(pl.String), _read_distinct)


def is_bare_date(text: pl.Expr) -> pl.Expr:
    """Whether the text is a day without a time."""
    return text.str.contains(_DATE)


def _read_distinct(text: pl.Series) -> pl.DataFrame:
    is_date = pl.select(is_bare_date(pl.lit(text))).to_series()
    parts = text.zip_with(~is_date, text + " 00:00:00Z").str.extract_groups(_MOMENT).struct.unnest()
    return parts.with_columns(moment=_moment()).select(
        "moment", lacks_zone=pl.col("moment").is_not_null() & pl.col("zone").is_null()
    )


def _moment() -> pl.Expr:
    local = pl.format(
        "{}-{}-{} {}:{}:{}.{}",
        "year",
        pl.col("month").str.zfill(2),
        pl.col("day").str.zfill(2),
        pl.col("hour").str.zfill(2),
        "minute",
        "second",
        pl.col("fraction").fill_null("").str.pad_end(6, "0").str.slice(0, 6),
    ).str.to_datetime(_FORMAT, time_unit="us", strict=False)
    offset = pl.duration(
        hours=pl.col("hours").cast(pl.Int64).fill_null(0),
        minutes=pl.col("minutes").cast(pl.Int64).fill_null(0),
    )
    moment = pl.when(pl.col("sign") == "-").then(local + offset).otherwise(local - offset)
    is_year = moment.dt.year().is_between(1, 9999) & (pl.col("year") != "0000")
    return pl.when(is_year).then(moment).dt.replace_time_zone("UTC")
