"""Retention: how many snapshots, and how many records of runs, are kept."""

from dataclasses import dataclass
from typing import Final

KEPT_SNAPSHOTS: Final = 20
KEPT_DAYS: Final = 7
MOST_SNAPSHOTS: Final = 500
"""Far below the 65,000 hard links that a file of ext4 can have."""
MOST_DAYS: Final = 36_500
"""A century is for ever."""
KEPT_RUNS: Final = 1_000
"""Six weeks of a build every hour."""
KEPT_RUN_DAYS: Final = 90
"""A quarter: long enough to ask since when something is slow, or wrong."""
MOST_RUNS: Final = 20_000
"""Two weeks of a build every minute, and about 80 MB. More would slow down who lists them."""


@dataclass(frozen=True)
class Retention:
    """What is kept: the newest `keep` snapshots, and those younger than `days`.

    Likewise the records of the newest `runs`, and of those younger than `run_days`; `most_runs` at
    most.
    """

    keep: int = KEPT_SNAPSHOTS
    days: float = KEPT_DAYS
    runs: int = KEPT_RUNS
    run_days: float = KEPT_RUN_DAYS
    most_runs: int = MOST_RUNS
