"""From candidate rows, still text, to the valid rows of a table and the findings of the others."""

from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

import polars as pl

from pipelines.errors import SchemaMismatchError
from pipelines.mapping.built_in import EVERYDAY
from pipelines.mapping.post_mapping import PostMapping
from pipelines.tables.candidates import Candidates
from pipelines.tables.casting import cast_columns
from pipelines.tables.documents import PARTITION
from pipelines.tables.failures import FAILURE_TYPES, Failures, concat_failures
from pipelines.tables.findings import build_findings
from pipelines.tables.validation import find_failures
from schemas.language.table import Table


class Built(NamedTuple):
    """The rows that go into a table, with `_partition`, and the findings of all candidates.

    `unknown_keys` are those of the documents, as drift.py has them; None for a table that does not
    look for them.
    """

    rows: pl.DataFrame
    findings: pl.DataFrame
    unknown_keys: pl.DataFrame | None = None


def key_columns(table: Table, field: Callable[[str], pl.Expr]) -> dict[str, pl.Expr]:
    """An expression for every column of `table` that is read from a key.

    `field` gives the expression of a key of the mapping that holds a row. The key `provider.name`
    is the key `name` of the mapping `provider`.
    """
    columns: dict[str, pl.Expr] = {}
    for name, key in table.keys.items():
        root, *inner = key.split(".")
        columns[name] = reduce(lambda outer, step: outer.struct.field(step), inner, field(root))
    return columns


def build_rows(
    table: Table,
    candidates: Candidates,
    derive_texts: Callable[[pl.DataFrame], pl.DataFrame] = lambda texts: texts,
    derive_rows: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows,
    *,
    mapping: PostMapping = EVERYDAY,
    time_zones: pl.Series | None = None,
    known: Failures | None = None,
) -> Built:
    """Type, complete and judge `candidates`. Every one is in the rows or has a finding.

    Args:
        table: The table that they are for.
        candidates: Rows as text.
        derive_texts: Adds the columns that are computed from typed ones of the same text.
        derive_rows: Adds those that depend on the other rows, too.
        mapping: Says what a broken rule does to a row.
        time_zones: Those of the texts, as in `cast_columns`.
        known: Failures that were found before, and are not said twice.

    Raises:
        SchemaMismatchError: `table` has a column that nobody makes.
    """
    typed, unreadable = cast_columns(candidates.texts, table, time_zones)
    texts = derive_texts(typed)
    rows = candidates.rows.with_row_index("_row")
    failures = concat_failures(
        [*([] if known is None else [known]), _spread_failures(unreadable, rows)]
    )
    failures = _judge(failures, table, candidates, mapping)
    rows = rows.hstack(texts.select(pl.all().gather(rows["_text"])))
    # Repeat until no row fails: `derive_rows` may compare neighbours, and a rejected row is no
    # neighbour. The first round judges every row, so all that is wrong with one is reported at
    # once.
    while True:
        derived = derive_rows(rows)
        if missing := [name for name in table.columns if name not in derived.columns]:
            raise SchemaMismatchError(
                f"schemas/{table.name}.py: {', '.join(missing)}: expected a key of the front "
                f"matter, or an expression in pipelines/tables/{table.name}.py"
            )
        broken = find_failures(derived.select(*table.columns), table)
        if broken.height:
            broken = broken.with_columns(row_index=rows["_row"].gather(broken["row_index"]))
            broken = _judge(broken, table, candidates, mapping)
            failures = _add_unsaid(failures, broken)
        # A warning keeps no row out.
        failed = failures.filter(severity="error")["row_index"].unique()
        valid = rows.filter(~pl.col("_row").is_in(failed.implode())) if len(failed) else rows
        if valid.height == rows.height:
            break
        rows = valid
    return Built(
        derived.select(*table.columns, PARTITION), build_findings(failures, candidates, table)
    )


def _judge(
    failures: Failures, table: Table, candidates: Candidates, mapping: PostMapping
) -> Failures:
    """`failures` with the severities that `mapping` gives them, without those that do nothing."""
    if failures.is_empty() or not (mapping.effects or mapping.folders):
        return failures
    mappings = [mapping] * failures.height
    if mapping.folders:
        paths = candidates.rows["_source_path"].gather(failures["row_index"])
        mappings = [mapping.at(path) or mapping for path in paths]
    found = failures.select("column", "rule", "severity").iter_rows()
    effects = [
        each.find_effect(table.name, column.partition("[")[0], rule) or severity
        for each, (column, rule, severity) in zip(mappings, found, strict=True)
    ]
    judged = failures.with_columns(severity=pl.Series(effects, dtype=pl.String))
    return judged.filter(pl.col("severity") != "nothing")


def _spread_failures(failures: Failures, rows: pl.DataFrame) -> Failures:
    """The failures of texts, for every row that has the text."""
    if failures.is_empty():
        return failures
    return (
        failures.select(pl.all().exclude("row_index"), _text="row_index")
        .join(rows.select("_text", row_index="_row"), on="_text", maintain_order="left")
        .select(*FAILURE_TYPES)
    )


def _add_unsaid(failures: Failures, broken: Failures) -> Failures:
    """`failures`, and those of `broken` in columns that have no error yet."""
    # A value that could not be read is null by now, or an item of its list is. That it must not be
    # null would report the same mistake twice, so one error covers the whole column of a row.
    root = pl.col("column").str.extract(r"^([^\[]+)")
    said = failures.filter(severity="error").select("row_index", root)
    return concat_failures([failures, broken.join(said, on=["row_index", "column"], how="anti")])
