"""Guards: checks that refuse a publish which looks like an accident."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

import polars as pl

from pipelines.changes.file_changes import FileChanges
from pipelines.runs.job import Job
from pipelines.tables.files import select_file_errors

FEWEST_FILES: Final = 10
"""Up to this many files, the limits of shares do not apply."""
NAMED_FILES: Final = 3
"""How many of the lost files a message names."""


@dataclass(frozen=True)
class TooManyRejects:
    """A larger share of the files is rejected than the limit, and than before.

    `limit` is that share in words. `main_reason` is the most common field and rule, which `count`
    files break, perhaps among others.
    """

    rejected: int
    judged: int
    limit: str
    main_reason: str
    count: int

    @property
    def share(self) -> float:
        """The rejected files of those loaded or rejected."""
        return self.rejected / self.judged

    def __str__(self) -> str:
        return (
            f"{self.rejected:,} of {self.judged:,} files are rejected ({self.share:.1%}), "
            f"most often by {self.main_reason} ({self.count:,}); the limit is {self.limit}"
        )


@dataclass(frozen=True)
class TooManyLosses:
    """A larger share of the known posts is gone or newly ignored than the limit."""

    lost: tuple[str, ...]
    known: int
    limit: float

    @property
    def share(self) -> float:
        """The lost posts of those that the parent snapshot knew."""
        return len(self.lost) / self.known

    def __str__(self) -> str:
        return (
            f"{len(self.lost):,} of {self.known:,} known posts are gone or newly ignored; the "
            f"limit is {self.limit:.1%}; the first are {', '.join(self.lost[:NAMED_FILES])}"
        )


@dataclass(frozen=True)
class ErrorsWhenStrict:
    """There are errors, and `--strict` accepts none."""

    errors: int

    def __str__(self) -> str:
        return f"there are errors: {self.errors:,}; --strict accepts none"


Objection: TypeAlias = TooManyRejects | TooManyLosses | ErrorsWhenStrict


def list_objections(changes: FileChanges, findings: pl.DataFrame, job: Job) -> list[Objection]:
    """Why the state should not be published; empty if nothing is wrong with it.

    Args:
        changes: What became of the files since the parent snapshot.
        findings: Those of the state to be published.
        job: What was asked for, with its limits.
    """
    objections: list[Objection] = []
    now, then = _count_rejects(changes.statuses), _count_rejects(changes.statuses_before)
    if now.judged > FEWEST_FILES and now.share > max(job.max_reject_share, then.share):
        limit = f"{job.max_reject_share:.1%}"
        if then.share > job.max_reject_share:
            limit = f"{then.share:.1%}, as before ({then.rejected} of {then.judged})"
        objections.append(TooManyRejects(*now, limit, *_find_main_reason(findings)))
    known = then.judged
    # A post that lost its fence is as lost as one that is gone.
    if known > FEWEST_FILES and len(changes.lost) / known > job.max_delete_share:
        objections.append(TooManyLosses(tuple(changes.lost), known, job.max_delete_share))
    errors = findings.filter(severity="error").height
    if job.strict and errors:
        objections.append(ErrorsWhenStrict(errors))
    return objections


def round_up(share: float) -> float:
    """The limit of two digits that just accepts `share`."""
    return math.ceil(round(share * 100, 9)) / 100


class _Rejects(NamedTuple):
    """How many files are rejected, of those that are loaded or rejected."""

    rejected: int
    judged: int

    @property
    def share(self) -> float:
        return self.rejected / self.judged if self.judged else 0.0


class _Reason(NamedTuple):
    field_and_rule: str
    files: int


def _count_rejects(statuses: Mapping[str, int]) -> _Rejects:
    rejected = statuses.get("rejected", 0)
    return _Rejects(rejected, rejected + statuses.get("loaded", 0))


def _find_main_reason(findings: pl.DataFrame) -> _Reason:
    """The field and rule that most files break, without positions in lists."""
    field = pl.col("field_path").str.replace_all(r"\[\d+\]", "[]")
    reason = pl.concat_str(field, "rule", separator=" ", ignore_nulls=True)
    counts = (
        select_file_errors(findings)
        .group_by(reason=reason)
        .agg(pl.col("source_path").n_unique())
        .sort("source_path", "reason", descending=[True, False])
    )
    return _Reason(*counts.row(0))
