"""YAML timestamps, as https://yaml.org/type/timestamp.html defines them.

Four more forms are read, since generators write them and each can mean only one thing: an offset
without its colon, like `2020-01-31 12:00:00 -0800`, a time without seconds, a small z, and a day
without zeros, which YAML reads only before a time.
"""

from functools import partial
from typing import Final

import polars as pl

from pipelines.values.distinct import map_distinct

_DAY: Final = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_DATE: Final = rf"^{_DAY}$"
_TIME_FOLLOWS: Final = r"(?:[Tt]|[ \t]+)"
_MOMENT: Final = (
    rf"^(?P<year>[0-9]{{4}})-(?P<month>[0-9]{{1,2}})-(?P<day>[0-9]{{1,2}}){_TIME_FOLLOWS}"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-5][0-9])"
    r"(?::(?P<second>[0-5][0-9])(?:\.(?P<fraction>[0-9]*))?)?[ \t]*"
    r"(?P<zone>[Zz]|(?P<sign>[-+])(?P<hours>[01]?[0-9]|2[0-3])(?::?(?P<minutes>[0-5][0-9]))?)?$"
)
_SECONDS: Final = ":[0-9]{2}:[0-9]{2}"
_FORMAT: Final = "%Y-%m-%d %H:%M:%S.%6f"

_TIMED: Final = rf"^{_DAY}{_TIME_FOLLOWS}[0-9]"
_NEARLY: Final = {
    _TIMED + r"[0-9]?(?:[^0-9:][^:]*)?$": "minutes after the hour, like 08:00",
    _TIMED + r"[0-9:. \t]*[AaPp]\.?[Mm]": "hours from 00 to 23",
    _TIMED + r"[0-9:. \t]*(?:[A-Ya-y(]|[Zz][A-Za-z])": "an offset like +02:00 in place of its name",
    _TIMED + r"[0-9:.]*[ \t]*[-+]": "a time like 08:00:00 with an offset like +02:00",
    _TIMED: "a time from 00:00:00 to 23:59:59",
    rf"^{_DAY}": "T or a blank between day and time",
    r"^[0-9]{4}-[0-9]{1,2}$": "a day behind the month, like 2020-01-31",
    r"^[0-9]{1,4}[/. -][0-9]{1,2}[/. -][0-9]{1,4}\b": "year, month, day, with dashes: 2020-01-31",
    r"^[0-9]+$": "a date like 2020-01-31 in place of a number",
}
"""What texts lack that are nearly timestamps; the first pattern that matches says it."""


def read_timestamps(text: pl.Series, time_zones: pl.Series | None = None) -> pl.DataFrame:
    """The moment that each text means.

    A time without a zone counts as one of its time zone, a bare date as midnight there; where
    `time_zones` is null, or not given, that is UTC. Of a time that comes twice in the night when
    clocks are put back, the first is meant; one that is left out when they are put forward counts
    as if they were not. Years are 0001 to 9999, in UTC too.

    Returns:
        `moment`, in UTC and cut at microseconds, null where the text is no YAML timestamp;
        `lacks_zone`, it gives a time without Z or offset, and nobody gives its time zone.
    """
    text = text.cast(pl.String)
    if time_zones is None:
        return map_distinct(text, _read_distinct)
    read = map_distinct(text, _read_distinct)
    for zone in time_zones.drop_nulls().unique():
        in_zone = map_distinct(text, partial(_read_distinct, time_zone=zone))
        is_there = (time_zones == zone).fill_null(value=False)
        read = read.select(
            pl.when(pl.lit(is_there)).then(pl.lit(in_zone[name])).otherwise(name).alias(name)
            for name in read.columns
        )
    return read


def read_precision(text: pl.Expr) -> pl.Expr:
    """How exact a timestamp is: date, minute or second."""
    return (
        pl.when(text.str.contains(_DATE))
        .then(pl.lit("date"))
        .when(text.str.contains(_SECONDS))
        .then(pl.lit("second"))
        .when(text.str.contains(_MOMENT))
        .then(pl.lit("minute"))
    )


def read_written_day(text: pl.Expr) -> pl.Expr:
    """The day as it is written, if the text gives no more than that."""
    return pl.when(text.str.contains(_DATE)).then(text).str.to_date("%Y-%m-%d", strict=False)


def explain_unreadable(text: pl.Series) -> pl.Series:
    """What is expected in place of each text that is no timestamp; null if that is hard to say."""
    day = text.str.extract(rf"^({_DAY})(?:[Tt \t]|$)")
    is_wrong_day = day.is_not_null() & read_timestamps(day)["moment"].is_null()
    expected = [pl.when(is_wrong_day).then(pl.lit("a day that is in the calendar"))]
    expected += [
        pl.when(text.str.contains(pattern)).then(pl.lit(words))
        for pattern, words in _NEARLY.items()
    ]
    return pl.select(pl.coalesce(expected).alias("expected")).to_series()


def _read_distinct(text: pl.Series, time_zone: str | None = None) -> pl.DataFrame:
    is_date = text.str.contains(_DATE)
    parts = text.zip_with(~is_date, text + " 00:00:00Z").str.extract_groups(_MOMENT).struct.unnest()
    lacks_zone = pl.col("moment").is_not_null() & pl.col("zone").is_null()
    read = parts.with_columns(moment=_moment())
    if time_zone is None:
        return read.select("moment", lacks_zone=lacks_zone)
    is_local = pl.lit(is_date) | pl.col("zone").is_null()
    local = _localize(pl.col("moment").dt.replace_time_zone(None), time_zone)
    return read.select(
        pl.when(is_local).then(local).otherwise("moment").alias("moment"),
        lacks_zone=pl.lit(value=False),
    )


def _localize(local: pl.Expr, time_zone: str) -> pl.Expr:
    """The moment in UTC of a time in a zone."""
    day = pl.duration(days=1)
    moments = (
        time.dt.replace_time_zone(
            time_zone, ambiguous="earliest", non_existent="null"
        ).dt.convert_time_zone("UTC")
        for time in (local, local - day)
    )
    moment, a_day_earlier = moments
    return pl.coalesce(moment, a_day_earlier + day)


def _moment() -> pl.Expr:
    local = pl.format(
        "{}-{}-{} {}:{}:{}.{}",
        "year",
        pl.col("month").str.zfill(2),
        pl.col("day").str.zfill(2),
        pl.col("hour").str.zfill(2),
        "minute",
        pl.col("second").fill_null("00"),
        pl.col("fraction").fill_null("").str.pad_end(6, "0").str.slice(0, 6),
    ).str.to_datetime(_FORMAT, time_unit="us", strict=False)
    offset = pl.duration(
        hours=pl.col("hours").cast(pl.Int64).fill_null(0),
        minutes=pl.col("minutes").cast(pl.Int64).fill_null(0),
    )
    moment = pl.when(pl.col("sign") == "-").then(local + offset).otherwise(local - offset)
    is_year = moment.dt.year().is_between(1, 9999) & (pl.col("year") != "0000")
    return pl.when(is_year).then(moment).dt.replace_time_zone("UTC")
