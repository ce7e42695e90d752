"""findings: the broken rules, in the words of the file."""

from typing import Final

import polars as pl

from pipelines.tables.candidates import Candidates
from pipelines.tables.failures import Failures
from schemas.findings import FINDINGS
from schemas.language.table import Table

MAX_VALUE_CHARACTERS: Final = 200


def build_findings(failures: Failures, candidates: Candidates, table: Table) -> pl.DataFrame:
    """The failures of the rows of `candidates`, still without line and column."""
    if failures.is_empty():
        return pl.DataFrame(schema=FINDINGS.dtypes)
    failures = failures.with_row_index("_failure")
    keys = {name: column.key or name for name, column in table.columns.items()}
    key = pl.col("column").replace_strict(keys, default=pl.col("column"))
    places = candidates.rows.select("_field_path", source_path="_source_path")
    row_index = failures["row_index"].to_list()
    return complete_findings(
        failures.hstack(places[row_index])
        .join(
            _list_rejected_rows(failures, candidates, table), on="_failure", maintain_order="left"
        )
        .with_columns(
            table_name=pl.lit(table.name),
            field_path=pl.when(pl.col("_field_path") == "")
            .then(key)
            .otherwise(pl.concat_str("_field_path", pl.lit("."), key)),
        )
        # Two columns may be read from one key.
        .unique(FINDINGS.key, keep="first", maintain_order=True)
    )


def _list_rejected_rows(failures: Failures, candidates: Candidates, table: Table) -> pl.DataFrame:
    """JSON of every rejected row, at its first failure; null at all others.

    A list of 100,000 broken items would otherwise stand in its findings 100,000 times. The body is
    left out, since it may be as large as a file and is in documents.
    """
    first = failures.filter(severity="error").unique("row_index", keep="first", maintain_order=True)
    rows = candidates.rows[first["row_index"].to_list()]
    texts = candidates.texts[rows["_text"].to_list()]
    both = rows.hstack(texts)
    written = [name for name in table.columns if name in both.columns and name != "body"]
    first = first.select(
        "_failure", row=both.select(pl.struct(written).struct.json_encode()).to_series()
    )
    others = failures.join(first, on="_failure", how="anti")
    # Not with a left join: below each of its nulls lies the text of a row, and Polars would copy
    # all of them.
    return pl.concat([first, others.select("_failure", row=pl.lit(None, pl.String))])


def complete_findings(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with exactly the columns of `findings`. Columns that it lacks are null.

    Without a `message`, one is made of `value` and `expected`.
    """
    missing = sorted(FINDINGS.dtypes.keys() - set(frame.columns))
    findings = frame.with_columns(pl.lit(None).alias(name) for name in missing)
    found = pl.format('"{}"', cut_text(pl.col("value"))).fill_null("nothing")
    message = pl.format("found {}, expected {}", found, "expected")
    return (
        findings.select(*FINDINGS.columns)
        .cast(pl.Schema(FINDINGS.dtypes))
        .with_columns(cut_text(pl.col("value")), message=pl.col("message").fill_null(message))
    )


def cut_text(text: pl.Expr) -> pl.Expr:
    """`text`, cut if it is too long to read."""
    return text.str.slice(0, MAX_VALUE_CHARACTERS)


def sort_findings(findings: pl.DataFrame) -> pl.DataFrame:
    """The total order of `findings`: by table, file and place."""
    return findings.sort(FINDINGS.order, nulls_last=False)
