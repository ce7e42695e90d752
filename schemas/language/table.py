"""What a table is, and how its columns are declared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from schemas.language.months import PARTITION_KEY
from schemas.language.references import Reference
from schemas.language.rules import IS_ID, IS_MONTH, IS_NOT_NULL, IS_URL, Claim, RowRule, Rule

Kind = Literal["text", "url", "integer", "number", "boolean", "timestamp", "list", "derived"]
Origin = Literal["raw", "documents", "articles", "run", "findings", "history"]
"""What a table is made from. `run` is everything that a run found in all other tables. `history` is
what this run and earlier ones saw: no raw file tells that again."""

UTC_TIMESTAMP: Final = pl.Datetime("us", "UTC")

READING_RULES: Final[Mapping[Kind, Claim]] = {
    "integer": Claim("is_integer", "a whole number from -2147483648 to 2147483647"),
    "number": Claim("is_number", "a number like 4.5"),
    "boolean": Claim("is_boolean", "true or false, yes or no, on or off"),
    "timestamp": Claim("is_timestamp", "a date, or a date and time like 2020-01-31T12:00:00Z"),
}
"""What text has to be to be read as a kind. Any text can be read as the other kinds."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `kind` says how its text is read. `key` is where the text stands in the mapping that holds the
    row, like `provider.name`; None if the column is computed. `also_called` are names that other
    archives use for the key: a file with one of them is asked whether the key is meant. Queries
    do not filter long text by range, so files keep no statistics of it. A headline is long enough.
    """

    dtype: pl.DataType
    kind: Kind
    description: str
    rules: tuple[Rule, ...] = ()
    key: str | None = None
    is_required: bool = False
    also_called: tuple[str, ...] = ()
    is_long_text: bool = False

    def __post_init__(self) -> None:
        """Check the type here, where a mistake can be reported at its line."""
        dtype: Any = self.dtype
        if isinstance(dtype, type) and issubclass(dtype, pl.DataType):
            object.__setattr__(self, "dtype", dtype())
        elif not isinstance(dtype, pl.DataType):
            raise TypeError(f"{dtype!r} is no Polars type")


PUBLISHED_MONTH: Final = Column(
    pl.String(),
    "derived",
    "Month of published_at of the article, YYYY-MM in UTC, or unknown without it, which sorts "
    "behind every month. In the names of the folders, not in the files.",
    (IS_MONTH,),
    is_required=True,
)


@dataclass(frozen=True, eq=False)
class Table:
    """One table: what a row is, what identifies it, what it is made from, what its columns hold.

    `order` is the total order of its rows. A table made from articles has the order of its
    articles first, then `order`.

    `lists` are the lists in a post whose items are the rows, like `related[].images`. A table
    without lists that is made from documents has one row per post. `dated_by` is the column that
    decides the month of a post; one table has it.

    `matched_by` are the columns by which the same row is found in another snapshot, if that is not
    `key`: what a row is, not where it stands. Of rows that are alike in these, the first is the
    first, and so on. `incidental` are the columns that say where or when a row was found. A row
    that differs only in these has moved, but did not change.

    `references` are the columns that join to other tables. They are declared, not enforced: a run
    makes the tables so that they hold.

    Raises:
        ValueError: `key`, `order`, `dated_by`, `matched_by`, `incidental`, a reference or a row
            rule names a column that is not there.
    """

    name: str
    grain: str
    made_from: Origin
    key: tuple[str, ...]
    order: tuple[str, ...]
    columns: Mapping[str, Column]
    row_rules: tuple[RowRule, ...] = ()
    lists: tuple[str, ...] = ()
    dated_by: str | None = None
    is_partitioned: bool = True
    matched_by: tuple[pl.Expr, ...] = ()
    incidental: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()

    def __post_init__(self) -> None:
        """Check that every column that is named is there."""
        named = {*self.key, *self.order, *(rule.column for rule in self.row_rules)}
        named |= {each.meta.output_name() for each in self.matched_by} | set(self.incidental)
        named |= {self.dated_by} if self.dated_by else set()
        named |= {name for reference in self.references for name in reference.columns}
        if unknown := sorted(named - self.columns.keys()):
            raise ValueError(f"{self.name} has no column {', '.join(unknown)}")

    @property
    def dtypes(self) -> dict[str, pl.DataType]:
        """The type of every column of its files, in order."""
        return {name: column.dtype for name, column in self.columns.items()}

    @property
    def descriptions(self) -> dict[str, str]:
        """What every column of its files holds."""
        return {name: column.description for name, column in self.columns.items()}

    @property
    def ids(self) -> list[str]:
        """The columns that hold an id, of this table or of another."""
        return [name for name, column in self.columns.items() if IS_ID in column.rules]

    @property
    def is_history(self) -> bool:
        """Whether it keeps what earlier runs saw, so it is never made again."""
        return self.made_from == "history"

    @property
    def match(self) -> tuple[pl.Expr, ...]:
        """By what the same row is found in another snapshot."""
        return self.matched_by or tuple(map(pl.col, self.key))

    @property
    def readable_columns(self) -> dict[str, Column]:
        """The columns that a reader of the whole table sees: those of its files, and the month."""
        month = {PARTITION_KEY: PUBLISHED_MONTH} if self.is_partitioned else {}
        return {**self.columns, **month}

    @property
    def keys(self) -> dict[str, str]:
        """The key that each column is read from, for all columns that are read."""
        return {name: column.key for name, column in self.columns.items() if column.key}

    def list_rules(self, name: str) -> list[str]:
        """The names of the rules that a value of the column `name` may break."""
        column = self.readable_columns[name]
        rules = [READING_RULES[column.kind].name] if column.kind in READING_RULES else []
        # What is computed, or a list, is never null by mistake of a file.
        if column.is_required and column.kind not in ("derived", "list"):
            rules.append(IS_NOT_NULL.name)
        rules += [rule.name for rule in column.rules]
        return rules + [rule.name for rule in self.row_rules if rule.column == name]


def text(
    key: str,
    description: str,
    *rules: Rule,
    is_required: bool = False,
    is_long_text: bool = False,
) -> Column:
    """A string column, as written in the file."""
    return Column(
        pl.String(), "text", description, rules, key, is_required, is_long_text=is_long_text
    )


def url(key: str, description: str, *, is_required: bool = False) -> Column:
    """An address, trimmed."""
    return Column(pl.String(), "url", description, (IS_URL,), key, is_required)


def integer(key: str, description: str, *rules: Rule, is_required: bool = False) -> Column:
    """A whole number of 32 bits."""
    return Column(pl.Int32(), "integer", description, rules, key, is_required)


def boolean(key: str, description: str, *, is_required: bool = False) -> Column:
    """A YAML 1.1 boolean."""
    return Column(pl.Boolean(), "boolean", description, (), key, is_required)


def timestamp(
    key: str, description: str, *, is_required: bool = False, also_called: tuple[str, ...] = ()
) -> Column:
    """A moment in UTC."""
    return Column(UTC_TIMESTAMP, "timestamp", description, (), key, is_required, also_called)


def text_list(key: str, description: str, *rules: Rule) -> Column:
    """A list of strings, as written; empty, never null, where the file has none."""
    return Column(pl.List(pl.String), "list", description, rules, key, is_required=True)


def derived(
    dtype: Any,
    description: str,
    *rules: Rule,
    is_required: bool = False,
    is_long_text: bool = False,
) -> Column:
    """A column that is computed from others."""
    return Column(
        dtype, "derived", description, rules, is_required=is_required, is_long_text=is_long_text
    )
