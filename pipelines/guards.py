"""Guard rails: states that are more likely an accident than the will of their author."""

from typing import Final

import polars as pl

from pipelines.job import Limits

FEWEST_FILES: Final = 10
"""Up to so many files, shares say nothing."""


def list_objections(
    before: pl.DataFrame,
    after: pl.DataFrame,
    lost: int,
    errors: int,
    limits: Limits,
    look: str = "matterhouse rejects --staged",
    command: str = "matterhouse build",
) -> list[str]:
    """Why the state to be published should not be; empty if nothing speaks against it.

    Args:
        before: The table `files` of the parent snapshot.
        after: The same of the state to be published.
        lost: The files of `before` that are gone and were not renamed, or are posts no more.
        errors: The findings of the state that are errors.
        limits: What is allowed.
        look: The command that shows the findings of the state.
        command: The command that made it.
    """
    objections = []
    share, judged = _reject_share(after)
    if judged > FEWEST_FILES and share > max(limits.reject_share, _reject_share(before)[0]):
        objections.append(
            f"{share:.1%} of {judged} files are rejected, expected at most "
            f"{limits.reject_share:.1%}: look with `{look}`, or insist with "
            f"`{command} --max-reject-share {_insisting(share)}`"
        )
    known = before.height
    if known > FEWEST_FILES and lost / known > limits.delete_share:
        objections.append(
            f"{lost} of {known} known files are gone or newly ignored, expected at most "
            f"{limits.delete_share:.1%}: look whether the raw files are whole, or insist with "
            f"`{command} --max-delete-share {_insisting(lost / known)}`"
        )
    if limits.is_strict and errors:
        objections.append(
            f"found errors: {errors:,}, expected none with --strict: look with `{look}`"
        )
    return objections


def _reject_share(files: pl.DataFrame) -> tuple[float, int]:
    judged = files.filter(pl.col("status") != "ignored").height
    rejected = files.filter(pl.col("status") == "rejected").height
    return (rejected / judged if judged else 0.0), judged


def _insisting(share: float) -> float:
    """The limit that just lets `share` pass, rounded up to two digits."""
    return min(1.0, int(share * 100 + 1) / 100)
