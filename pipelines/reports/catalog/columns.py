"""The columns of the tables: how often they are null, and what they hold, and hold most."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import polars as pl

from pipelines.database.engine import quote_name, quote_text
from pipelines.database.profile import FREE_TEXTS
from pipelines.reports.catalog.asking import Ask, Row
from schemas.language.rules import IS_ID, IS_SHA256
from schemas.language.table import Column

Columns: TypeAlias = Mapping[str, Column]

MOST_VALUES: Final = 5
"""How many of its most frequent values are shown of a column."""
MOST_CHARACTERS: Final = 60
"""Longer text is no name of a kind, a place or a person. It is not shown."""
FEWEST_REPEATS: Final = 3
"""A column whose values repeat less often has no frequent values worth a look."""
_PROSE: Final = FREE_TEXTS | {"title", "title_text", "attribution", "value", "expected"}
"""What people wrote. The catalog counts it and shows none of it."""


def count_columns(ask: Ask, tables: Mapping[str, Columns]) -> dict[str, dict[str, Row]]:
    """The figures of every column, by table and column, as the profile has them.

    Each also has `values`: its most frequent values, and how many rows have each. A table without
    rows has no figures. `tables` say what the columns are.
    """
    figures: dict[str, dict[str, Row]] = {}
    for row in ask("FROM column_profile"):
        figures.setdefault(row["table_name"], {})[row["column_name"]] = {**row, "values": []}
    for table, counted in figures.items():
        for name, values in _list_values(ask, table, tables.get(table, {}), counted).items():
            counted[name]["values"] = values
    return figures


def _list_values(
    ask: Ask, table: str, columns: Columns, figures: Mapping[str, Row]
) -> dict[str, list[Row]]:
    """The most frequent values of the columns of `table` that may show them."""
    shown = [
        name
        for name, column in columns.items()
        if name in figures and may_be_shown(name, column) and _repeats(column, figures[name])
    ]
    selects = [_select_values(table, name, columns[name]) for name in shown]
    found: dict[str, list[Row]] = {}
    for row in ask(" UNION ALL ".join(selects)) if selects else ():
        # Texts of this length are prose, whatever the column is called.
        if len(row["value"]) <= MOST_CHARACTERS:
            found.setdefault(row.pop("name"), []).append(row)
    return {
        name: sorted(rows, key=lambda row: (-row["rows"], row["value"]))
        for name, rows in found.items()
    }


def may_be_shown(name: str, column: Column) -> bool:
    """Whether values of a column are no ids, addresses, moments or prose of somebody."""
    is_id = any(rule in (IS_ID, IS_SHA256) for rule in column.rules)
    is_place = column.kind == "url" or name.endswith(("_url", "_path", "_id"))
    is_moment = column.dtype.is_temporal()
    return not (is_id or is_place or is_moment or column.is_long_text or name in _PROSE)


def _repeats(column: Column, figures: Row) -> bool:
    """Whether the values of a column stand in several rows each."""
    if isinstance(column.dtype, pl.List):
        return True
    filled = figures["n"] - figures["null_count"]
    return bool(filled) and filled >= FEWEST_REPEATS * (figures["distinct_count"] or 1)


def _select_values(table: str, name: str, column: Column) -> str:
    is_list = isinstance(column.dtype, pl.List)
    value = f"unnest({quote_name(name)})" if is_list else quote_name(name)
    return (
        f"(SELECT {quote_text(name)} AS name, value::VARCHAR AS value, count(*) AS rows "
        f"FROM (SELECT {value} AS value FROM {quote_name(table)}) WHERE value IS NOT NULL "
        f"GROUP BY ALL ORDER BY rows DESC, value LIMIT {MOST_VALUES})"
    )


def describe_figures(figures: Row | None) -> dict[str, Any]:
    """The figures of a column as the page shows them; without any if its table has no rows."""
    if figures is None:
        return {**_NOTHING}
    rows = figures["n"]
    return {
        "nulls": figures["null_count"],
        "null_share": figures["null_count"] / rows if rows else None,
        "blanks": figures["blank_count"],
        "blank_share": figures["blank_count"] / rows if rows else None,
        "distinct": figures["distinct_count"],
        "lowest": _shorten(figures["min_value"]),
        "highest": _shorten(figures["max_value"]),
        "frequent": figures["values"],
    }


_NOTHING: Final[Row] = {
    "nulls": 0,
    "null_share": None,
    "blanks": 0,
    "blank_share": None,
    "distinct": 0,
    "lowest": None,
    "highest": None,
    "frequent": [],
}


def _shorten(text: str | None) -> str | None:
    """A moment to its minute. Other text stays."""
    return text[:16] if text and text[4:5] == "-" and len(text) > 16 else text
