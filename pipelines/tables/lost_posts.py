"""Lost posts: files that were posts, and whose content is none any more.

This is the one finding that depends on history. A build from nothing takes such a file for one that
never was a post, and ignores it.
"""

from typing import Final

import polars as pl

from pipelines.documents.paths import explain_path
from pipelines.tables.findings import complete_findings

LOST_POST_RULE: Final = "is_still_post"
_FIELDS: Final = ("severity", "table_name", "rule", "source_path", "expected", "message")


def find_lost_posts(read: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """The files among `read` that are ignored now, and were loaded or rejected `before`.

    Both have the `source_path` and `status` of files. What is ignored for its path is not meant.
    """
    ignored = read.filter(status="ignored").select("source_path", "reason")
    posts = before.filter(pl.col("status") != "ignored")
    lost = ignored.join(posts.select("source_path"), on="source_path", maintain_order="left")
    may_be_posts = [explain_path(path) is None for path in lost["source_path"]]
    return lost.filter(pl.Series(may_be_posts, dtype=pl.Boolean))


def reject_lost_posts(read: pl.DataFrame, lost: pl.DataFrame) -> pl.DataFrame:
    """`read` with the `lost` posts rejected. Why, their findings say."""
    is_lost = pl.col("source_path").is_in(lost["source_path"].implode())
    return read.with_columns(
        status=pl.when(is_lost).then(pl.lit("rejected")).otherwise("status"),
        reason=pl.when(~is_lost).then("reason"),
    )


def build_lost_posts(lost: pl.DataFrame, known: pl.DataFrame, snapshot: int) -> pl.DataFrame:
    """A finding for each of the `lost` posts, which `snapshot` had.

    For one that was lost earlier, `known` findings say which snapshot had it.
    """
    earlier = known.filter(rule=LOST_POST_RULE).select("source_path", _earlier="expected")
    problem = pl.col("reason").replace("empty file", "is empty")
    problem = pl.when(problem.str.contains("^(is|does) ")).then("it " + problem).otherwise(problem)
    findings = (
        lost.join(earlier, on="source_path", how="left", maintain_order="left")
        .with_columns(
            severity=pl.lit("error"),
            table_name=pl.lit("documents"),
            rule=pl.lit(LOST_POST_RULE),
            expected=pl.coalesce("_earlier", pl.lit(f"a post, as in snapshot {snapshot}")),
        )
        .with_columns(message=pl.format("{}, expected {}", problem, "expected"))
    )
    return complete_findings(findings.select(_FIELDS))
