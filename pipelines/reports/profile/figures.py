"""Figures of columns: how many values are missing, blank or different, which is most frequent."""

from collections.abc import Mapping
from typing import NamedTuple

from pipelines.database.profile import BY_PROVIDER_AND_MONTH, render_profile
from pipelines.reports.profile.database import Database, Row


class Choice(NamedTuple):
    """Which figures are asked for; None for all."""

    table: str | None = None
    column: str | None = None
    provider: str | None = None
    month: str | None = None


EVERYTHING = Choice()


def read_columns(database: Database, choice: Choice = EVERYTHING) -> list[Row]:
    """One row per table and column, in their order, over all rows that are chosen.

    Each has the columns of the view `column_profile`: table_name, column_name, n, null_count,
    blank_count, distinct_count, top_value, top_count, min_value, max_value. A table of which no row
    is chosen has none.
    """
    return _read(database, choice, {})


def read_profile(database: Database, choice: Choice = EVERYTHING) -> list[Row]:
    """One row per table, column, provider and month that has any rows, as in the view `profile`.

    The same columns, and provider and published_month after column_name.
    """
    return _read(database, choice, BY_PROVIDER_AND_MONTH)


def _read(database: Database, choice: Choice, by: Mapping[str, str]) -> list[Row]:
    chosen = {
        table: types for table, types in database.types.items() if choice.table in (None, table)
    }
    wanted = {"_provider": choice.provider, "_month": choice.month}
    given = {name: value for name, value in wanted.items() if value is not None}
    where = " AND ".join(f"{name} = ${name}" for name in given) or "true"
    rows = [
        row
        for row in database.ask(render_profile(chosen, by, where), given)
        if choice.column in (None, row["column_name"])
    ]
    names = [(table, name) for table, types in chosen.items() for name in types]
    places = {each: place for place, each in enumerate(names)}
    return sorted(rows, key=lambda row: (places[row["table_name"], row["column_name"]], _rank(row)))


def _rank(row: Row) -> tuple[tuple[bool, str], ...]:
    """The order of providers and months; those that are unknown come last."""
    return tuple((row.get(name) is None, row.get(name) or "") for name in BY_PROVIDER_AND_MONTH)
