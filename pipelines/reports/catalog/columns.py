"""The columns of a table: how often they are null, what they hold, and what they hold most."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from pipelines.database.engine import quote_name as quote
from pipelines.database.engine import quote_text
from pipelines.reports.catalog.asking import Ask, Row
from schemas.language.rules import IS_ID, IS_SHA256
from schemas.language.table import Column

MOST_VALUES: Final = 5
"""How many of its most frequent values are shown of a column."""
MOST_CHARACTERS: Final = 60
"""Longer text is no name of a kind, a place or a person. It is not shown."""
FEWEST_REPEATS: Final = 3
"""A column whose values repeat less often has no frequent values worth a look."""
_FREE_TEXT: Final = ("title", "title_text", "excerpt", "excerpt_text", "attribution", "extra")
_FINDING_TEXT: Final = ("value", "expected", "message", "row", "reason")
_PROSE: Final = frozenset({*_FREE_TEXT, *_FINDING_TEXT, "featured_content", "source_path"})
"""What people wrote, and where it stands. The catalog counts it and shows none of it."""


@dataclass(frozen=True)
class Figures:
    """What was counted of one column. `values` are its most frequent ones, with their counts.

    `distinct`, `lowest` and `highest` are None for long text. `unit` says what `lowest` and
    `highest` count if they are lengths.
    """

    nulls: int
    distinct: int | None
    lowest: Any
    highest: Any
    unit: str | None = None
    values: tuple[tuple[str, int], ...] = ()


def count_columns(
    ask: Ask, table: str, columns: Mapping[str, Column], rows: int
) -> dict[str, Figures]:
    """The figures of every column of `table`, which has so many `rows`."""
    counted = _count(ask, table, columns)
    shown = [name for name in columns if _is_shown(columns[name], name, counted[name])]
    values = _list_values(ask, table, shown, columns)
    return {
        name: Figures(
            rows - (row["filled"] or 0),
            row["different"],
            row["lowest"],
            row["highest"],
            _find_unit(columns[name]),
            tuple(values.get(name, ())),
        )
        for name, row in counted.items()
    }


def _count(ask: Ask, table: str, columns: Mapping[str, Column]) -> dict[str, Row]:
    """Everything about all columns in one pass over the table."""
    measures = ", ".join(
        f"{expression} AS {quote(f'{number} {name}')}"
        for number, (column, declared) in enumerate(columns.items())
        for name, expression in _measure(quote(column), declared).items()
    )
    (row,) = ask(f"SELECT {measures} FROM {quote(table)}")
    names = ("filled", "different", "lowest", "highest")
    return {
        column: {name: row[f"{number} {name}"] for name in names}
        for number, column in enumerate(columns)
    }


def _measure(column: str, declared: Column) -> dict[str, str]:
    """The SQL of each figure of a column."""
    nothing = {"different": "NULL", "lowest": "NULL", "highest": "NULL"}
    if declared.is_long_text:
        return {"filled": f"count({column})", **nothing}
    measured = column
    if isinstance(declared.dtype, pl.List):
        measured = f"len({column})"
    elif declared.dtype == pl.String:
        measured = f"length({column})"
    return {
        "filled": f"count({column})",
        "different": f"count(DISTINCT {column})",
        "lowest": f"min({measured})",
        "highest": f"max({measured})",
    }


def _find_unit(declared: Column) -> str | None:
    if isinstance(declared.dtype, pl.List):
        return "items"
    return "characters" if declared.dtype == pl.String else None


def _is_shown(declared: Column, name: str, counted: Row) -> bool:
    """Whether the frequent values of a column say something, and are nobody's text."""
    is_id = any(rule in declared.rules for rule in (IS_ID, IS_SHA256))
    if declared.is_long_text or is_id or declared.kind == "url" or name in _PROSE:
        return False
    if isinstance(declared.dtype, pl.List):
        return True
    if name.endswith("_url") or isinstance(declared.dtype, pl.Datetime):
        return False
    is_short = declared.dtype != pl.String or (counted["highest"] or 0) <= MOST_CHARACTERS
    return is_short and counted["filled"] >= FEWEST_REPEATS * (counted["different"] or 1)


def _list_values(
    ask: Ask, table: str, names: Iterable[str], columns: Mapping[str, Column]
) -> dict[str, list[tuple[str, int]]]:
    """The most frequent values of the columns `names`, the most frequent first."""
    selects = []
    for name in names:
        is_list = isinstance(columns[name].dtype, pl.List)
        value = f"unnest({quote(name)})" if is_list else quote(name)
        selects.append(
            f"(SELECT {quote_text(name)} AS name, value::VARCHAR AS value, count(*) AS number "
            f"FROM (SELECT {value} AS value FROM {quote(table)}) WHERE value IS NOT NULL "
            f"GROUP BY ALL ORDER BY number DESC, value LIMIT {MOST_VALUES})"
        )
    found: dict[str, list[tuple[str, int]]] = {}
    for row in ask(" UNION ALL ".join(selects)) if selects else []:
        found.setdefault(row["name"], []).append((row["value"], row["number"]))
    return {
        name: sorted(each, key=lambda pair: (-pair[1], pair[0])) for name, each in found.items()
    }
