"""Ages: since when snapshots are not current any more, even if the clock was wrong meanwhile."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

from pipelines.warehouse.layout import MANIFEST_NAME


def find_replaced(folder: Path) -> datetime:
    """When the snapshot in `folder` was replaced, by the clock of then.

    A publish touches the manifest of the snapshot that it replaces. The folder is as old as the
    snapshot, which was not replaced before it was made.
    """
    manifest = folder / MANIFEST_NAME
    places = [folder, manifest] if manifest.is_file() else [folder]
    return datetime.fromtimestamp(max(each.stat().st_mtime for each in places), UTC)


def correct_times(replaced: Sequence[datetime], now: datetime) -> list[datetime]:
    """`replaced`, the oldest snapshot first, without what a wrong clock made of it.

    A time in the future is a mistake, so that of the next snapshot counts. No snapshot was replaced
    before an older one. Where this is wrong, as after a rollback, a snapshot stays for longer.
    """
    known: list[datetime] = []
    for time in reversed(replaced):
        following = known[-1] if known else now
        known.append(time if time <= now else following)
    return list(accumulate(reversed(known), max))
