"""Rows against the rules of their table."""

import json

import pandera.errors
import polars as pl
from pandera.config import ValidationDepth, config_context

from pipelines.errors import SchemaMismatchError
from pipelines.tables.failures import FAILURE_TYPES, Failures
from schemas.language.table import Table


def find_failures(frame: pl.DataFrame, table: Table) -> Failures:
    """Every rule of `table` that a row of `frame` breaks.

    `frame` is eager on purpose: of a LazyFrame pandera checks the types but no rows. It has the
    columns of the table, in order.

    Raises:
        SchemaMismatchError: A column is missing, extra or of another type, or a key is not
            unique: our bug, not bad data.
    """
    # A verdict on a missing value is null: whether it may be missing, another rule says.
    verdicts = {rule.name: rule.holds.fill_null(value=True) for rule in table.row_rules}
    try:
        # Whatever PANDERA_VALIDATION_ENABLED and PANDERA_VALIDATION_DEPTH say.
        with config_context(
            validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA
        ):
            table.schema.validate(frame.with_columns(**verdicts), lazy=True)
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


def _read_failure_cases(cases: pl.DataFrame, frame: pl.DataFrame, table: Table) -> Failures:
    # A case without a row concerns the frame, one without a column the key.
    bugs = cases.filter(pl.col("index").is_null() | (pl.col("schema_context") != "Column"))
    if bugs.height:
        found = bugs.select("column", "check", "failure_case").rows()[:3]
        raise SchemaMismatchError(f"{table.name}: not the frame that its schema describes: {found}")
    rules = {
        (name, check.name): (name, check.name, check.description)
        for name, column in table.columns.items()
        for check in column.checks
    }
    rules |= {(name, "not_nullable"): (name, "is_not_null", "a value") for name in table.columns}
    rules |= {
        (rule.name, "equal_to(True)"): (rule.column, rule.name, rule.expected)
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
