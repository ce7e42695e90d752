"""Figures of columns: how many values are missing, blank or different, which is most frequent."""

from typing import NamedTuple

from pipelines.database.engine import quote_text
from pipelines.database.profile import render_profile
from pipelines.reports.profile.database import Database, Row
from schemas.language.months import UNKNOWN_MONTH


class Choice(NamedTuple):
    """Which figures and warnings are asked for; None for all.

    `month` may be `unknown`.
    """

    table: str | None = None
    column: str | None = None
    provider: str | None = None
    month: str | None = None


EVERYTHING = Choice()


def choose_rows(choice: Choice, provider: str, month: str) -> str:
    """The rows that are chosen, as a condition of SQL on these columns."""
    wanted = {provider: choice.provider, f"coalesce({month}, '{UNKNOWN_MONTH}')": choice.month}
    conditions = [
        f"{column} = {quote_text(value)}" for column, value in wanted.items() if value is not None
    ]
    return " AND ".join(conditions) or "true"


def read_columns(database: Database, choice: Choice = EVERYTHING) -> list[Row]:
    """One row per table and column, in their order, over all rows that are chosen.

    Each has the columns of the view `column_profile`: table_name, column_name, n, null_count,
    blank_count, distinct_count, top_value, top_count, min_value, max_value. A table of which no row
    is chosen has none.
    """
    chosen = {
        table: types for table, types in database.types.items() if choice.table in (None, table)
    }
    where = choose_rows(choice, "_provider", "_month")
    names = [(table, name) for table, types in chosen.items() for name in types]
    places = {each: place for place, each in enumerate(names)}
    rows = [
        row
        for row in database.ask(render_profile(chosen, {}, where))
        if choice.column in (None, row["column_name"])
    ]
    return sorted(rows, key=lambda row: places[row["table_name"], row["column_name"]])
