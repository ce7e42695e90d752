"""files: what became of every file under raw/."""

import polars as pl

from schemas.files import FILES, STATUS


def build_files(ledger: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """The ledger with the final status of every file.

    A file is loaded unless it has an error. `findings` are sorted, so the first error of a file is
    its reason.
    """
    is_file_error = (pl.col("severity") == "error") & pl.col("table_name").is_in(
        ["documents", "articles"]
    )
    # The reason is the place, the rule and the message of a finding.
    place_and_rule = pl.concat_str("field_path", "rule", separator=" ", ignore_nulls=True)
    reasons = (
        findings.filter(is_file_error)
        .group_by("source_path", maintain_order=True)
        .agg(_error=pl.format("{}: {}", place_and_rule, "message").first())
    )
    is_ignored = pl.col("status") == "ignored"
    is_loaded = pl.col("_error").is_null()
    return (
        ledger.join(reasons, on="source_path", how="left")
        .with_columns(
            status=pl.when(is_ignored)
            .then(pl.lit("ignored"))
            .when(is_loaded)
            .then(pl.lit("loaded"))
            .otherwise(pl.lit("rejected"))
            .cast(STATUS),
            reason=pl.when(is_ignored).then("reason").when(~is_loaded).then("_error"),
        )
        .select(*FILES.columns)
        .sort(FILES.order)
    )
