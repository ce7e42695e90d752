"""The types of columns in the words of SQL."""

from typing import Final, Literal

import polars as pl

TypeName = Literal[
    "text",
    "integer",
    "big integer",
    "number",
    "boolean",
    "timestamp UTC",
    "date",
    "list of text",
    "map",
]

_BY_DTYPE: Final[tuple[tuple[type[pl.DataType], TypeName], ...]] = (
    (pl.String, "text"),
    (pl.Enum, "text"),
    (pl.Int64, "big integer"),
    (pl.Int32, "integer"),
    (pl.Float64, "number"),
    (pl.Boolean, "boolean"),
    (pl.Datetime, "timestamp UTC"),
    (pl.Date, "date"),
    (pl.List, "list of text"),
)
_BY_SQL: Final[dict[str, TypeName]] = {
    "VARCHAR": "text",
    "INTEGER": "integer",
    "BIGINT": "big integer",
    "HUGEINT": "big integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "TIMESTAMP": "timestamp UTC",
    "DATE": "date",
    "VARCHAR[]": "list of text",
    "MAP": "map",
}
"""Moments in views are in UTC, and bear no zone. Of maps the beginning is enough."""


def name_type(dtype: pl.DataType) -> TypeName:
    """What people who write SQL call a type of Polars.

    Raises:
        ValueError: No column has had such a type so far.
    """
    for known, name in _BY_DTYPE:
        if isinstance(dtype, known):
            return name
    raise ValueError(f"{dtype} has no name in SQL")


def name_sql_type(sql: str) -> TypeName:
    """What people call a type of DuckDB.

    Raises:
        ValueError: No column has had such a type so far.
    """
    name = _BY_SQL.get(sql.partition("(")[0])
    if name is None:
        raise ValueError(f"{sql} has no name")
    return name


def render_sql_type(name: TypeName) -> str:
    """What DuckDB calls a type in the views."""
    return next(sql for sql, known in _BY_SQL.items() if known == name)
