"""Where described tables come from."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pipelines.reports.dictionary import DescribedTable
from pipelines.warehouse.snapshot import Snapshot

NAME = "matterhouse"
TITLE = "Articles and what belongs to them, from an archive of front-matter files"


class Origin(NamedTuple):
    """The snapshot that is described. `prefix` leads from the description to its folder."""

    snapshot: int
    created_at: datetime
    prefix: str = ""

    def find_files(self, table: DescribedTable) -> list[str]:
        """The files of `table`, relative to the description, with slashes."""
        return [f"{self.prefix}{each.file}" for each in table.files.values()]


def find_origin(snapshot: Snapshot, output: Path | None) -> Origin:
    """The origin, for a description in the file `output`.

    A description beside or above the files names them relative to itself. Standard formats have no
    way to name files elsewhere, so any other one names them relative to the snapshot.
    """
    created_at = datetime.fromisoformat(snapshot.manifest.created_at)
    folder = snapshot.folder.resolve()
    place = output.resolve().parent if output else folder
    is_above = place != folder and folder.is_relative_to(place)
    prefix = f"{folder.relative_to(place).as_posix()}/" if is_above else ""
    return Origin(snapshot.manifest.snapshot, created_at, prefix)
