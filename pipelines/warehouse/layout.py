"""The layout of a warehouse on the disk: the names that its modules share."""

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
    return sorted(int(path.name) for path in folder.glob("[0-9]*") if path.name.isdigit())


def locate_snapshot(root: Path, number: int) -> Path:
    """The folder of a snapshot of the warehouse `root`."""
    return root / SNAPSHOTS_NAME / f"{number:06}"


def name_folder(table: str, partition: str) -> str:
    """The folder of a partition, as seen from its snapshot."""
    return table if partition == WHOLE else f"{table}/{PARTITION_KEY}={partition}"
