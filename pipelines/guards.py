"""Guard rails: states that are more likely an accident than the will of their author."""

import math
from dataclasses import replace
from typing import Final

import polars as pl

from pipelines.job import Job

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
    share, judged = _reject_share(after)
    share_before = _reject_share(before)[0]
    reject_limit = max(limits.reject_share, share_before)
    if judged > FEWEST_FILES and share > reject_limit:
        insisting = replace(insisting, reject_share=_round_up(share))
        objections.append(
            f"{share:.1%} of {judged} files are rejected, expected at most {reject_limit:.1%}"
            f"{', as before' if share_before == reject_limit else ''}: look with `{look}`"
        )
    known = before.height
    if known > FEWEST_FILES and len(lost) / known > limits.delete_share:
        insisting = replace(insisting, delete_share=_round_up(len(lost) / known))
        meant = f", and whether {job.include!r} is the glob that was meant" if job.include else ""
        objections.append(
            f"{len(lost)} of {known} known files are gone or newly ignored, expected at most "
            f"{limits.delete_share:.1%}; the first are {', '.join(lost[:NAMED_FILES])}: look "
            f"whether the raw files are whole{meant}"
        )
    if insisting != limits:
        # Where there are errors, only a run that is not strict can be insisted on.
        insisting = replace(insisting, is_strict=limits.is_strict and not errors)
        objections[-1] += f", or insist with `{job.command(insisting)}`"
    if limits.is_strict and errors:
        objections.append(
            f"found errors: {errors:,}, expected none with --strict: look with `{look}`"
        )
    return objections


def _reject_share(files: pl.DataFrame) -> tuple[float, int]:
    judged = files.filter(pl.col("status") != "ignored").height
    rejected = files.filter(pl.col("status") == "rejected").height
    return (rejected / judged if judged else 0.0), judged


def _round_up(share: float) -> float:
    """The limit of two digits that just lets `share` pass."""
    return math.ceil(round(share * 100, 9)) / 100
