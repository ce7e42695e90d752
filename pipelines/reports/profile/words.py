"""Words of a profile, the same on the terminal, in Markdown and on the page."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

MOST_MONTHS: Final = 3
"""If there are more, only the first and the last are named."""


def name_place(warning: Mapping[str, Any]) -> str:
    """Where a warning was found: column, provider, type of posts and months."""
    kind = f"posts of type {warning['type']}" if warning["type"] else None
    months = name_months(warning["months"])
    parts = (f"{warning['table']}.{warning['column']}", warning["provider"], kind, months)
    return ", ".join(part for part in parts if part)


def name_months(months: Sequence[str]) -> str:
    """Months in a few words."""
    if len(months) <= MOST_MONTHS:
        return " and ".join(filter(None, (", ".join(months[:-1]), *months[-1:])))
    return f"{len(months):,} months between {months[0]} and {months[-1]}"


def name_line(example: Mapping[str, Any], file: str) -> str:
    """Where an example stands, as editors and terminals take it."""
    places = (file, example["line"], example["column_number"])
    return ":".join(str(place) for place in places if place is not None)


def show_share(count: int, n: int) -> str:
    """A share in percent, of which only none and all are 0% and 100%."""
    if count == 0:
        return "0"
    percent = 100 * count / n
    if percent < 1:
        return "<1%"
    return ">99%" if 99 < percent < 100 else f"{percent:.0f}%"


def describe_values(figures: Mapping[str, Any]) -> str:
    """The range of a column, and its most frequent value with how often it occurs."""
    ends = (figures["min_value"], figures["max_value"])
    span = None if ends == (None, None) else " to ".join(dict.fromkeys(ends))
    top = figures["top_value"]
    most = None if top is None else f"{figures['top_count']:,} times {top}"
    return "; ".join(filter(None, (span, most)))
