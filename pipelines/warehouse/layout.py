"""The layout of a warehouse on the disk: the names that its modules share."""

import re
from pathlib import Path
from typing import Final

CURRENT_NAME: Final = "current"
SNAPSHOTS_NAME: Final = "snapshots"
RUNS_NAME: Final = "runs"
LISTING_NAME: Final = ".listing.json"
STAGING_NAME: Final = "staging"
DRAFT_NAME: Final = "draft"
"""Below staging: the snapshot that a run makes."""
MANIFEST_NAME: Final = "manifest.json"
PARTITION_KEY: Final = "published_month"
WHOLE: Final = "all"
"""The one partition of a table that is not split by month."""


def list_numbers(root: Path) -> list[int]:
    """The numbers of all snapshots of the warehouse `root`, the oldest first."""
    folder = root / SNAPSHOTS_NAME
    numbers = (read_number(path) for path in folder.glob("[0-9]*"))
    return sorted(number for number in numbers if number is not None)


def read_number(folder: Path) -> int | None:
    """The number of the snapshot in `folder`; null if it is none, as one that is only staged."""
    return int(folder.name) if re.fullmatch("[0-9]+", folder.name) else None


def locate_snapshot(root: Path, number: int) -> Path:
    """The folder of a snapshot of the warehouse `root`."""
    return root / SNAPSHOTS_NAME / f"{number:06}"


def name_folder(table: str, partition: str) -> str:
    """The folder of a partition, as seen from its snapshot."""
    return table if partition == WHOLE else f"{table}/{PARTITION_KEY}={partition}"
