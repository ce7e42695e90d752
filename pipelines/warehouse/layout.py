"""The layout of a warehouse on disk: the names that its modules share."""

import re
from pathlib import Path
from typing import Final

from schemas.language.months import PARTITION_KEY

CURRENT_NAME: Final = "current"
SETTINGS_NAME: Final = "matterhouse.toml"
"""What is particular about an archive. It lies beside the raw files, not in the warehouse."""
SNAPSHOTS_NAME: Final = "snapshots"
RUNS_NAME: Final = "runs"
STAGING_NAME: Final = "staging"
DRAFT_NAME: Final = "draft"
"""Below staging: the snapshot that a run makes."""
MANIFEST_NAME: Final = "manifest.json"
IDENTITIES_NAME: Final = "identities"
"""Beside the manifest: how the raw files looked, a cache that may be rewritten. If there are many
files, their buckets have one each, as in `identities-01`."""
ADDRESS_NAME: Final = "address"
"""Beside the manifest: where the raw files were found last, if that is another place than it says.
A cache, too."""
SIGHTINGS_NAME: Final = "sightings"
"""Beside the manifest: the run in which each finding was seen first, likewise a cache."""
DATABASE_NAME: Final = "warehouse.duckdb"
"""Beside the manifest: the views for DuckDB."""
CATALOG_NAME: Final = "catalog.html"
"""Beside the manifest: the page that explains the tables."""
READER_FILES: Final = (DATABASE_NAME, CATALOG_NAME)
"""What readers open by a link in the warehouse, as they do the tables. It can be made again from
these, and is no part of the manifest."""
DESCRIPTION_FILES: Final = ("datapackage.json", "croissant.json")
"""What people may put beside the manifest by `matterhouse schema --output`. It describes the files
of this snapshot, and goes with them wherever they are copied."""
UNPARTITIONED: Final = "all"
"""The one partition of a table that has no months. `files` may have parts of it, as `all/01`."""


def name_identities(bucket: str) -> str:
    """The file beside the manifest with the identities of a bucket of raw files."""
    _, _, bits = bucket.partition("/")
    return f"{IDENTITIES_NAME}-{bits}" if bits else IDENTITIES_NAME


def list_numbers(root: Path) -> list[int]:
    """The numbers of all snapshots of the warehouse `root`, the oldest first."""
    folder = root / SNAPSHOTS_NAME
    numbers = (read_number(path) for path in folder.glob("[0-9]*"))
    return sorted(number for number in numbers if number is not None)


def read_number(folder: Path) -> int | None:
    """The number of the snapshot in `folder`; None if it has none, like one in staging."""
    return int(folder.name) if re.fullmatch("[0-9]+", folder.name) else None


def locate_snapshot(root: Path, number: int) -> Path:
    """The folder of a snapshot of the warehouse `root`."""
    return root / SNAPSHOTS_NAME / f"{number:06}"


def find_root(snapshot: Path) -> Path:
    """The warehouse of the snapshot in the folder `snapshot`, published or in staging."""
    return snapshot.parent.parent


def name_folder(table: str, partition: str) -> str:
    """The folder of a partition, relative to its snapshot. All parts of a month have the same."""
    month, _, _ = partition.partition("/")
    return table if month == UNPARTITIONED else f"{table}/{PARTITION_KEY}={month}"
