"""files: what became of every file under raw/."""

from typing import Final

import polars as pl

from pipelines.mapping.post_mapping import PostMapping
from pipelines.warehouse.layout import SETTINGS_NAME
from schemas.files import FILES, STATUS

_NO_ARTICLE: Final = f"no article, by {SETTINGS_NAME}"


def select_file_errors(findings: pl.DataFrame) -> pl.DataFrame:
    """The errors that reject a file, not only a row that is made from it."""
    is_file_error = pl.col("table_name").is_in(["documents", "articles"])
    return findings.filter(is_file_error, severity="error")


def list_reasons(findings: pl.DataFrame) -> pl.DataFrame:
    """Why files are rejected: one row per file, with its first error among the sorted `findings`.

    An `_error` is the place, the rule and the message of a finding.
    """
    place_and_rule = pl.concat_str("field_path", "rule", separator=" ", ignore_nulls=True)
    return (
        select_file_errors(findings)
        .group_by("source_path", maintain_order=True)
        .agg(_error=pl.format("{}: {}", place_and_rule, "message").first())
    )


def build_files(ledger: pl.DataFrame, reasons: pl.DataFrame, mapping: PostMapping) -> pl.DataFrame:
    """The rows of `ledger` with the final status of every file: loaded, unless it has a reason.

    Columns that the table does not have are kept.
    """
    has_document = pl.col("document_id").is_not_null()
    is_ignored = ~has_document & (pl.col("status") == "ignored")
    is_no_article = has_document & _is_no_article(ledger["source_path"], mapping)
    is_loaded = pl.col("_error").is_null()
    return (
        ledger.join(reasons, on="source_path", how="left", maintain_order="left")
        .with_columns(
            status=pl.when(is_ignored | is_no_article)
            .then(pl.lit("ignored"))
            .when(is_loaded)
            .then(pl.lit("loaded"))
            .otherwise(pl.lit("rejected"))
            .cast(STATUS),
            reason=pl.when(is_ignored)
            .then("reason")
            .when(is_no_article)
            .then(pl.lit(_NO_ARTICLE))
            .when(~is_loaded)
            .then("_error"),
        )
        .drop("_error")
        .sort(FILES.order)
    )


def _is_no_article(source_paths: pl.Series, mapping: PostMapping) -> pl.Expr:
    if not mapping.folders:
        return pl.lit(value=False)
    are_none = [mapping.at(path) is None for path in source_paths]
    return pl.lit(pl.Series(are_none, dtype=pl.Boolean))
