"""What a table is, and how its columns are declared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

# Not from `pandera.polars`, which also loads models and decorators: a tenth of its start.
from pandera.api.checks import Check
from pandera.api.polars.components import Column
from pandera.api.polars.container import DataFrameSchema

from schemas.language.rules import IS_URL

Kind = Literal["text", "url", "integer", "boolean", "timestamp", "list", "derived"]
UTC_TIMESTAMP = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class RowRule:
    """A rule over several columns of one row, reported on `column`."""

    name: str
    column: str
    holds: pl.Expr
    expected: str


@dataclass(frozen=True, eq=False)
class Table:
    """One table: what a row is, what identifies it, and what its columns hold.

    `order` is the total order of its rows. A child has the order of its articles first
    (which its own columns do not show), then `order`.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    order: tuple[str, ...]
    columns: Mapping[str, Column]
    row_rules: tuple[RowRule, ...] = ()
    is_partitioned: bool = True
    schema: DataFrameSchema = field(init=False)

    def __post_init__(self) -> None:
        """Derive the pandera schema: the columns, and a boolean one for every row rule."""
        named = {*self.key, *self.order, *(rule.column for rule in self.row_rules)}
        if unknown := sorted(named - self.columns.keys()):
            raise ValueError(f"{self.name} has no column {', '.join(unknown)}")
        verdicts = {rule.name: Column(pl.Boolean, Check.equal_to(True)) for rule in self.row_rules}
        schema = DataFrameSchema(
            {**self.columns, **verdicts},
            name=self.name,
            description=self.grain,
            strict=True,
            ordered=True,
            unique=list(self.key),
        )
        object.__setattr__(self, "schema", schema)

    @property
    def dtypes(self) -> dict[str, pl.DataType]:
        """The Polars type of every column, in order."""
        return {name: column.dtype.type for name, column in self.columns.items()}

    @property
    def descriptions(self) -> dict[str, str]:
        """What every column holds."""
        return {name: column.description or "" for name, column in self.columns.items()}

    def kind(self, column: str) -> Kind:
        """How the text of `column` is read; `derived` if it is computed, not read."""
        kind: Kind = _metadata(self.columns[column])["kind"]
        return kind

    def front_matter_key(self, column: str) -> str | None:
        """The key that `column` is read from, like `provider.name`; null if it is computed."""
        key: str | None = _metadata(self.columns[column])["key"]
        return key


def _metadata(column: Column) -> dict[str, Any]:
    return column.metadata or {"kind": "derived", "key": None}


def text(key: str, description: str, *checks: Check, is_required: bool = False) -> Column:
    """A string column, as written in the file."""
    return _column(pl.String, "text", key, description, checks, is_required)


def url(key: str, description: str, *, is_required: bool = False) -> Column:
    """An address, trimmed."""
    return _column(pl.String, "url", key, description, (IS_URL,), is_required)


def integer(key: str, description: str, *checks: Check, is_required: bool = False) -> Column:
    """A whole number of 32 bits."""
    return _column(pl.Int32, "integer", key, description, checks, is_required)


def boolean(key: str, description: str, *, is_required: bool = False) -> Column:
    """A YAML 1.1 boolean."""
    return _column(pl.Boolean, "boolean", key, description, (), is_required)


def timestamp(key: str, description: str, *, is_required: bool = False) -> Column:
    """A moment in UTC."""
    return _column(UTC_TIMESTAMP, "timestamp", key, description, (), is_required)


def text_list(key: str, description: str, *checks: Check) -> Column:
    """A list of strings, as written; empty, never null, where the file has none."""
    return _column(pl.List(pl.String), "list", key, description, checks, is_required=True)


def derived(dtype: Any, description: str, *checks: Check, is_required: bool = False) -> Column:
    """A column that is computed from others."""
    return _column(dtype, "derived", None, description, checks, is_required)


def _column(
    dtype: Any,
    kind: Kind,
    key: str | None,
    description: str,
    checks: tuple[Check, ...],
    is_required: bool = False,
) -> Column:
    return Column(
        dtype,
        list(checks),
        nullable=not is_required,
        description=description,
        metadata={"kind": kind, "key": key},
    )
