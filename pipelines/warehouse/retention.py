"""Retention: how many snapshots are kept."""

from typing import Final

KEPT_SNAPSHOTS: Final = 20
KEPT_DAYS: Final = 7
MOST_SNAPSHOTS: Final = 500
"""Far below the 65,000 hard links that a file of ext4 can have."""
