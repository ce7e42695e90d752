"""findings: one row per broken rule."""

import polars as pl

from schemas.language.references import refers
from schemas.language.rules import IS_POSITIVE
from schemas.language.table import Table, derived

SEVERITY = pl.Enum(["error", "warning"])

FINDINGS = Table(
    name="findings",
    grain="One row per broken rule: an error kept a row out of its table, a warning did not.",
    made_from="run",
    key=("table_name", "source_path", "field_path", "rule"),
    order=("table_name", "source_path", "line", "column_number", "field_path", "rule"),
    is_partitioned=False,
    matched_by=(
        pl.col("table_name"),
        pl.col("source_path"),
        pl.col("field_path").str.replace_all(r"\[\d+\]", "[]"),
        pl.col("rule"),
    ),
    incidental=("line", "column_number", "field_path", "row"),
    references=(refers("source_path", "files"),),
    columns={
        "severity": derived(
            SEVERITY,
            "error: it kept the row out of its table; warning: it did not.",
            is_required=True,
        ),
        "table_name": derived(pl.String, "The table whose rule it is.", is_required=True),
        "source_path": derived(pl.String, "Path below raw/, with slashes.", is_required=True),
        "line": derived(
            pl.Int32, "Line in the file, from 1; null where there is none.", IS_POSITIVE
        ),
        "column_number": derived(
            pl.Int32, "Column in the line, from 1; null where there is none.", IS_POSITIVE
        ),
        "field_path": derived(
            pl.String, "Where in the front matter, like related[3].title; null for a whole file."
        ),
        "rule": derived(pl.String, "The rule that was broken, like is_url.", is_required=True),
        "value": derived(pl.String, "What was found, cut at 200 characters."),
        "expected": derived(pl.String, "What was expected.", is_required=True),
        "message": derived(pl.String, "All of it in one sentence.", is_required=True),
        "row": derived(
            pl.String,
            "The rejected row as JSON, without its body. It is given once, at one of the errors of "
            "the row; null elsewhere.",
        ),
    },
)
