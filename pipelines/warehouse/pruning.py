"""Pruning: snapshots are removed. What cannot be removed does not keep the others."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from pipelines.errors import PruneError
from pipelines.warehouse.layout import STAGING_NAME, locate_snapshot
from pipelines.warehouse.ownership import DENIED, describe_denial


def remove_snapshots(root: Path, numbers: Iterable[int]) -> list[int]:
    """Remove these snapshots of the warehouse `root`.

    Returns:
        The numbers of those removed.

    Raises:
        PruneError: One cannot be removed, like that of another user. The others are gone.
    """
    staging = root / STAGING_NAME
    staging.mkdir(exist_ok=True)
    removed = []
    problems = []
    for number in numbers:
        # Moved away in one step first: half removed, it would look damaged.
        folder = locate_snapshot(root, number)
        try:
            folder.rename(staging / f"pruned-{number:06}")
            removed.append(number)
        except OSError as error:
            problems.append(_describe_problem(number, folder, error))
    # Also what a killed run did not get to remove.
    for doomed in sorted(staging.glob("pruned-*")):
        try:
            shutil.rmtree(doomed)
        except OSError as error:
            number = int(doomed.name.removeprefix("pruned-"))
            place = Path(os.fsdecode(error.filename or doomed))
            problems.append(_describe_problem(number, place, error))
    if problems:
        listed = ", ".join(map(str, removed)) or "none"
        raise PruneError(f"{'; '.join(problems)}; removed: {listed}", removed)
    return removed


def _describe_problem(number: int, place: Path, error: OSError) -> str:
    problem = f"snapshot {number} cannot be removed: {place}: {error.strerror}"
    is_there = error.errno in DENIED and os.path.lexists(place)
    return f"{problem}; {describe_denial(place)}" if is_there else problem
