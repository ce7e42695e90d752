"""Guard rails: states that are more likely an accident than the will of their author."""

import math
from dataclasses import replace
from typing import Final, NamedTuple

import polars as pl

from pipelines.runs.job import Job, Limits

FEWEST_FILES: Final = 10
"""Up to so many files, shares say nothing."""
NAMED_FILES: Final = 3
"""So many of the lost files are named."""


def list_objections(
    before: pl.DataFrame,
    after: pl.DataFrame,
    lost: pl.Series,
    errors: int,
    job: Job,
    look: str,
) -> list[str]:
    """Why the state to be published should not be; empty if nothing speaks against it.

    Args:
        before: The table `files` of the parent snapshot.
        after: The same of the state to be published.
        lost: The paths of `before` that are gone and were not renamed, or are posts no more.
        errors: The findings of the state that are errors.
        job: What was asked for, within which limits.
        look: The command that shows the findings of the state.
    """
    objections = []
    limits = insisting = job.limits
    rejects, rejects_before = _count_rejects(after), _count_rejects(before)
    if rejects.judged > FEWEST_FILES and rejects.share > max(
        limits.reject_share, rejects_before.share
    ):
        insisting = replace(insisting, reject_share=_round_up(rejects.share))
        objections.append(_object_to_rejects(after, rejects, rejects_before, limits, look))
    known = before.height
    if known > FEWEST_FILES and len(lost) / known > limits.delete_share:
        insisting = replace(insisting, delete_share=_round_up(len(lost) / known))
        objections.append(_object_to_losses(lost, known, job, look))
    if insisting != limits:
        # Where there are errors, only a run that is not strict can be insisted on.
        insisting = replace(insisting, is_strict=limits.is_strict and not errors)
        objections[-1] += f", or insist with `{job.command(insisting)}`"
    if limits.is_strict and errors:
        objections.append(
            f"found errors: {errors:,}, expected none with --strict: look with `{look}`"
        )
    return objections


class _Rejects(NamedTuple):
    """How many files are rejected, of those that are judged: that are loaded or rejected."""

    rejected: int
    judged: int

    @property
    def share(self) -> float:
        return self.rejected / self.judged if self.judged else 0.0


def _count_rejects(files: pl.DataFrame) -> _Rejects:
    judged = files.filter(pl.col("status") != "ignored")
    return _Rejects(judged.filter(status="rejected").height, judged.height)


def _object_to_rejects(
    files: pl.DataFrame, now: _Rejects, before: _Rejects, limits: Limits, look: str
) -> str:
    limit = f"{limits.reject_share:.1%}"
    if before.share > limits.reject_share:
        limit = f"{before.share:.1%}, as before ({before.rejected} of {before.judged})"
    return (
        f"{now.rejected} of {now.judged} files are rejected ({now.share:.1%}), "
        f"{_describe_main_reason(files)}, expected at most {limit}: look with `{look}`"
    )


def _describe_main_reason(files: pl.DataFrame) -> str:
    """The field and rule that most of the rejected `files` have in common."""
    field_and_rule = pl.col("reason").str.split(": ").list.first()
    counts = files.filter(status="rejected").group_by(field_and_rule).len()
    reason, count = counts.sort("len", "reason", descending=[True, False]).row(0)
    return f"{count} of them by {reason}"


def _object_to_losses(lost: pl.Series, known: int, job: Job, look: str) -> str:
    meant = f" and whether {job.include!r} is the glob that was meant" if job.include else ""
    return (
        f"{len(lost)} of {known} known files are gone or newly ignored, expected at most "
        f"{job.limits.delete_share:.1%}; the first are {', '.join(lost[:NAMED_FILES])}: look "
        f"whether the raw files are whole{meant}, and with `{look}` at what else was found"
    )


def _round_up(share: float) -> float:
    """The limit of two digits that just lets `share` pass."""
    return math.ceil(round(share * 100, 9)) / 100
