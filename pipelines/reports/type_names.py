"""The types of columns in the words of SQL."""

from typing import Final, Literal

import polars as pl

TypeName = Literal[
    "text", "integer", "big integer", "number", "boolean", "timestamp UTC", "date", "list of text"
]

SQL_TYPES: Final[dict[TypeName, str]] = {
    "text": "VARCHAR",
    "integer": "INTEGER",
    "big integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp UTC": "TIMESTAMP",
    "date": "DATE",
    "list of text": "VARCHAR[]",
}
"""What DuckDB calls them in the views. Moments there are in UTC, and bear no zone."""
_NAMES: Final[tuple[tuple[type[pl.DataType], TypeName], ...]] = (
    (pl.String, "text"),
    (pl.Enum, "text"),
    (pl.Int64, "big integer"),
    (pl.Int32, "integer"),
    (pl.UInt32, "integer"),
    (pl.Float64, "number"),
    (pl.Boolean, "boolean"),
    (pl.Datetime, "timestamp UTC"),
    (pl.Date, "date"),
    (pl.List, "list of text"),
)


def name_type(dtype: pl.DataType) -> TypeName:
    """What people who write SQL call a type.

    Raises:
        ValueError: No column has had such a type so far.
    """
    for known, name in _NAMES:
        if isinstance(dtype, known):
            return name
    raise ValueError(f"{dtype} has no name in SQL")
