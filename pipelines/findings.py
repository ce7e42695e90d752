"""findings: the broken rules, in the words of the file."""

import hashlib
from collections.abc import Callable
from typing import Final

import polars as pl

from pipelines.failures import Failures
from pipelines.fences import split_post
from pipelines.field_path import parse_field_path
from pipelines.front_matter import locate_fields
from schemas.findings import FINDINGS
from schemas.table import Table

MAX_VALUE_CHARACTERS: Final = 200


def build_findings(failures: Failures, candidates: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The failures of the rows of `candidates`, still without line and column.

    `candidates` are rows as text; besides columns of `table` they have `_source_path`, their
    file, and `_field_path`, the field path of the mapping that they are read from.
    """
    if failures.is_empty():
        return pl.DataFrame(schema=FINDINGS.dtypes)
    failures = failures.with_row_index("_failure")
    keys = {name: table.front_matter_key(name) or name for name in table.columns}
    key = pl.col("column").replace_strict(keys, default=pl.col("column"))
    places = candidates.select("_field_path", source_path="_source_path")
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


def _list_rejected_rows(failures: Failures, candidates: pl.DataFrame, table: Table) -> pl.DataFrame:
    """JSON of every rejected row, at its first failure; null at all others.

    Not at each: a list of 100,000 broken items would stand in its findings 100,000 times. And
    without its body, which may be as large as a file and is in documents.
    """
    first = failures.filter(severity="error").unique("row_index", keep="first", maintain_order=True)
    written = [name for name in candidates.columns if name in table.columns and name != "body"]
    rows = candidates.select(written)[first["row_index"].to_list()]
    first = first.select(
        "_failure", row=rows.select(pl.struct(written).struct.json_encode()).to_series()
    )
    others = failures.join(first, on="_failure", how="anti")
    # Not by a left join: below each of its nulls lies the text of a row, which Polars would copy
    # for every one of them.
    return pl.concat([first, others.select("_failure", row=pl.lit(None, pl.String))])


def complete_findings(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with exactly the columns of `findings`; those that it lacks are null.

    Where it has no `message`, one is made of `value` and `expected`.
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
    """`text`, cut where it is too long to be read."""
    return text.str.slice(0, MAX_VALUE_CHARACTERS)


def sort_findings(findings: pl.DataFrame) -> pl.DataFrame:
    """The total order of `findings`: by table, file and place."""
    return findings.sort(FINDINGS.order, nulls_last=False)


def locate_findings(
    findings: pl.DataFrame, read: Callable[[str], bytes], hashes: dict[str, str]
) -> pl.DataFrame:
    """Add line and column to every finding that has a field path.

    Args:
        findings: Those of one or more tables.
        read: The bytes of a file, by its source path; OSError if it cannot be read.
        hashes: The SHA-256 that each of these files had when it was parsed. A file that has
            changed since keeps its findings without a line.
    """
    wanted = findings.filter(pl.col("line").is_null() & pl.col("field_path").is_not_null())
    places: list[tuple[str, str, int, int]] = []
    for (source_path,), group in wanted.group_by("source_path", maintain_order=True):
        path = str(source_path)
        places += _locate_in_file(path, group["field_path"].to_list(), read, hashes.get(path))
    located = pl.DataFrame(
        places,
        schema={
            "source_path": pl.String,
            "field_path": pl.String,
            "_line": pl.Int32,
            "_column": pl.Int32,
        },
        orient="row",
    )
    return (
        findings.join(located, on=["source_path", "field_path"], how="left", maintain_order="left")
        .with_columns(
            line=pl.coalesce("line", "_line"), column_number=pl.coalesce("column_number", "_column")
        )
        .drop("_line", "_column")
    )


def _locate_in_file(
    source_path: str, field_paths: list[str], read: Callable[[str], bytes], sha256: str | None
) -> list[tuple[str, str, int, int]]:
    try:
        data = read(source_path)
    except OSError:
        return []
    if hashlib.sha256(data).hexdigest() != sha256:
        return []
    paths = {parse_field_path(text): text for text in field_paths}
    places = locate_fields(split_post(data).front_matter, paths)
    return [(source_path, paths[path], *place) for path, place in places.items()]
