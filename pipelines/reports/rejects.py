"""Rejects: a selection of the findings."""

import polars as pl

from pipelines.sources.globs import match_glob
from pipelines.warehouse.snapshot import Snapshot


def select_findings(
    snapshot: Snapshot,
    *,
    table: str | None = None,
    path: str | None = None,
    rule: str | None = None,
    with_warnings: bool = False,
) -> pl.DataFrame:
    """The errors of `snapshot`, file by file; also its warnings if they are wanted.

    `path` is a source path, or a glob over source paths.

    Raises:
        ValueError: It is neither.
    """
    severity = None if with_warnings else "error"
    wanted = {"severity": severity, "table_name": table, "rule": rule}
    findings = snapshot.read("findings").filter(
        **{column: value for column, value in wanted.items() if value is not None}
    )
    if path is not None:
        # The name of a file may look like a glob.
        matches = [name == path or match_glob(path, name) for name in findings["source_path"]]
        findings = findings.filter(pl.Series(matches, dtype=pl.Boolean))
    return findings.sort("source_path", "line", "column_number", maintain_order=True)
