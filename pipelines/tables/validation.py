"""Validation: pandera judges the rows of a table. No other module imports pandera."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

import polars as pl

from pipelines.errors import SchemaMismatchError
from pipelines.tables.failures import FAILURE_TYPES, Failures
from schemas.language.rules import IS_NOT_NULL, Rule
from schemas.language.table import Column, Table


@contextmanager
def _without_hypothesis() -> Iterator[None]:
    """Hide hypothesis: where it is installed, pandera loads it for nothing that we use."""
    is_loaded = "hypothesis" in sys.modules
    if not is_loaded:
        sys.modules["hypothesis"] = None  # type: ignore[assignment]  # None means: not installed.
    try:
        yield
    finally:
        if not is_loaded:
            del sys.modules["hypothesis"]


with _without_hypothesis():
    # Not `pandera.polars`, which also loads models and decorators: a tenth of the start of a run.
    import pandera.errors
    from pandera.api.checks import Check
    from pandera.api.polars import components
    from pandera.api.polars.container import DataFrameSchema
    from pandera.api.polars.types import PolarsData
    from pandera.backends.polars.register import register_polars_backends
    from pandera.config import ValidationDepth, config_context

    # The first validation would do so, and load hypothesis then.
    register_polars_backends()

if "POLARS_ENGINE_AFFINITY" not in os.environ:
    # pandera asks one small question per rule. The streaming engine takes 0.4 ms for each.
    pl.Config.set_engine_affinity("in-memory")

_NOT_NULLABLE: Final = "not_nullable"
_IS_TRUE: Final = Check.equal_to(True)


def find_failures(frame: pl.DataFrame, table: Table) -> Failures:
    """Every rule of `table` that a row of `frame` breaks.

    `frame` has the columns of the table, in order. It is eager on purpose: pandera checks only the
    types of a LazyFrame, and none of its rows.

    Raises:
        SchemaMismatchError: A column is missing, extra or of another type, or a key is not
            unique: our bug, not bad data.
    """
    # If the rule gives null, the row passes. Whether a value may be missing, another rule says.
    verdicts = {rule.name: rule.holds.fill_null(value=True) for rule in table.row_rules}
    try:
        # PANDERA_VALIDATION_ENABLED and PANDERA_VALIDATION_DEPTH must not switch this off.
        with config_context(
            validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA
        ):
            render_schema(table).validate(frame.with_columns(**verdicts), lazy=True)
    except pl.exceptions.PolarsError as error:
        raise SchemaMismatchError(f"{table.name}: no frame for its rules: {error}") from error
    except pandera.errors.SchemaErrors as error:
        return _read_failure_cases(error.failure_cases, frame, table)
    return pl.DataFrame(schema=FAILURE_TYPES)


def check_rows(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """`frame` itself, for a table whose every row we wrote.

    Raises:
        SchemaMismatchError: It breaks a rule.
    """
    failures = find_failures(frame, table)
    if failures.height:
        raise SchemaMismatchError(f"{table.name}: broken by our own rows: {failures.rows()[:3]}")
    return frame


@cache
def render_schema(table: Table) -> DataFrameSchema:
    """`table` as pandera knows it: its columns, and a boolean column for every row rule."""
    verdicts = {rule.name: components.Column(pl.Boolean, _IS_TRUE) for rule in table.row_rules}
    columns = {name: _render_column(column) for name, column in table.columns.items()}
    return DataFrameSchema(
        {**columns, **verdicts},
        name=table.name,
        description=table.grain,
        strict=True,
        ordered=True,
        unique=list(table.key),
    )


def _render_column(column: Column) -> components.Column:
    return components.Column(
        column.dtype,
        [_render_rule(rule) for rule in column.rules],
        nullable=not column.is_required,
        description=column.description,
    )


def _render_rule(rule: Rule) -> Check:
    def check(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(rule.holds(pl.col(data.key)))

    return Check(check, name=rule.name, description=rule.expected)


def _read_failure_cases(cases: pl.DataFrame, frame: pl.DataFrame, table: Table) -> Failures:
    # A case without a row concerns the frame, one without a column the key.
    bugs = cases.filter(pl.col("index").is_null() | (pl.col("schema_context") != "Column"))
    if bugs.height:
        found = bugs.select("column", "check", "failure_case").rows()[:3]
        raise SchemaMismatchError(f"{table.name}: not the frame that its schema describes: {found}")
    rules = {
        (name, rule.name): (name, rule.name, rule.expected)
        for name, column in table.columns.items()
        for rule in column.rules
    }
    rules |= {(name, _NOT_NULLABLE): (name, *IS_NOT_NULL) for name in table.columns}
    rules |= {
        (rule.name, str(_IS_TRUE.error)): (rule.column, rule.name, rule.expected)
        for rule in table.row_rules
    }
    rows = []
    for index, column, rule in cases.select("index", "column", "check").iter_rows():
        reported, name, expected = rules[column, rule]
        rows.append((index, reported, name, "error", _as_text(frame[reported][index]), expected))
    return pl.DataFrame(rows, schema=FAILURE_TYPES, orient="row")


def _as_text(value: object) -> str | None:
    if isinstance(value, pl.Series):
        return json.dumps(value.to_list(), ensure_ascii=False)
    return None if value is None else str(value)
