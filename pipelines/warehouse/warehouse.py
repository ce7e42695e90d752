"""The warehouse: its snapshots, and the pointer to the current one."""

import errno
import logging
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pipelines.errors import DamagedError, NothingPublishedError, WarehouseError
from pipelines.warehouse.ages import correct_times, find_replaced
from pipelines.warehouse.layout import (
    CURRENT_NAME,
    DRAFT_NAME,
    MANIFEST_NAME,
    READER_FILES,
    RUNS_NAME,
    SNAPSHOTS_NAME,
    STAGING_NAME,
    list_numbers,
    locate_snapshot,
)
from pipelines.warehouse.pruning import remove_snapshots
from pipelines.warehouse.retention import KEPT_DAYS, KEPT_SNAPSHOTS, MOST_SNAPSHOTS
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.sync import sync_file_system, sync_folder
from schemas.language.registry import load_tables

logger = logging.getLogger(__name__)

_SNAPSHOT_LINK: Final = re.compile(rf"{SNAPSHOTS_NAME}/\d{{6,}}")


class Warehouse:
    """A folder with numbered snapshots, one of which is current.

    A reader takes a snapshot once, with `pin`, and then reads all tables from it.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)

    def check_folder(self) -> None:
        """Refuse a folder that is no warehouse and cannot become one.

        Hidden files may lie in a new warehouse, and so may the `lost+found` of a disk.

        Raises:
            WarehouseError: The folder is a file, cannot be listed, or has other things in it.
        """
        if (self.root / CURRENT_NAME).is_symlink() or self.numbers():
            return
        try:
            names = {path.name for path in self.root.iterdir()}
        except FileNotFoundError:
            return
        except NotADirectoryError as error:
            raise WarehouseError(f"{self.root}: found a file, expected a folder") from error
        except OSError as error:
            raise WarehouseError(f"{self.root}: {error.strerror}") from error
        foreign = sorted(
            name for name in names - _list_own_names() - {"lost+found"} if not name.startswith(".")
        )
        if foreign:
            raise WarehouseError(
                f"{self.root}: has other files in it, like {foreign[0]!r}, and is no warehouse: "
                "choose an empty or a new folder"
            )

    def current(self) -> Snapshot | None:
        """The snapshot that is current now; None before the first publish.

        Raises:
            WarehouseError: The warehouse is a file.
            DamagedError: `current` is no link to a snapshot, or it was removed.
        """
        if self.root.is_file():
            raise WarehouseError(f"{self.root}: found a file, expected the folder of a warehouse")
        link = self.root / CURRENT_NAME
        if not link.is_symlink():
            self._check_link(CURRENT_NAME)
            # The links of the tables are made after this one, so it did exist.
            if any((self.root / table).is_symlink() for table in load_tables()):
                raise DamagedError(f"{link}: missing, expected a link to a snapshot", self.root)
            return None
        target = str(link.readlink())
        if not _SNAPSHOT_LINK.fullmatch(target) or not link.is_dir():
            raise DamagedError(f"{link}: points to {target}, expected a snapshot", self.root)
        return Snapshot(link.resolve())

    def pin(self, number: int | None = None) -> Snapshot:
        """The current snapshot, or the one of that number.

        Raises:
            NothingPublishedError: There is no current one.
            WarehouseError: There is none of that number.
            DamagedError: The current one cannot be found.
        """
        if number is not None:
            return self.snapshot(number)
        current = self.current()
        if current is None:
            raise NothingPublishedError(
                f"{self.root}: nothing is published here",
                self.root,
                is_staged=self._find_staged() is not None,
            )
        return current

    def snapshot(self, number: int) -> Snapshot:
        """The snapshot of that number.

        Raises:
            WarehouseError: There is no such snapshot, or no more.
        """
        folder = locate_snapshot(self.root, number)
        if not folder.is_dir():
            known = ", ".join(map(str, self.numbers())) or "none"
            raise WarehouseError(f"{self.root}: no snapshot {number}; there are: {known}")
        return Snapshot(folder)

    def staged(self) -> Snapshot:
        """The state that the last run was not allowed to publish, or only tried.

        Raises:
            WarehouseError: There is none.
        """
        folder = self._find_staged()
        if folder is None:
            raise WarehouseError(
                f"{self.root}: nothing is staged, since the last run was not refused and no dry run"
            )
        return Snapshot(folder)

    def _find_staged(self) -> Path | None:
        folder = self.root / STAGING_NAME / DRAFT_NAME
        return folder if (folder / MANIFEST_NAME).is_file() else None

    def numbers(self) -> list[int]:
        """The numbers of all snapshots, the oldest first."""
        return list_numbers(self.root)

    def clear_staging(self) -> Path:
        """The folder for work in progress, without what earlier runs left in it."""
        staging = self.root / STAGING_NAME
        if staging.is_dir():
            shutil.rmtree(staging)
        staging.mkdir(parents=True)
        return staging

    def next_number(self) -> int:
        """A number that no snapshot has had: the newest snapshot is never pruned."""
        return max(self.numbers(), default=0) + 1

    def publish(
        self, number: int, draft: Path, prepare: Callable[[Snapshot], None] = lambda _: None
    ) -> None:
        """Make the sealed `draft` the current snapshot. A reader sees all of it or nothing.

        `prepare` is called when it is in its place, and not yet current.

        Raises:
            WarehouseError: Something else lies where a link of the warehouse belongs, or somebody
                took away what was staged.
        """
        self._check_links()
        _check_draft(draft)
        sync_file_system(draft)
        folder = locate_snapshot(self.root, number)
        folder.parent.mkdir(exist_ok=True)
        try:
            draft.rename(folder)
            sync_folder(folder.parent)
            prepare(Snapshot(folder))
            self.point_to(number)
        except BaseException:
            # It never was current. Left there, every run that fails like this would add one.
            with suppress(OSError):
                if (self.root / CURRENT_NAME).resolve() != folder.resolve():
                    folder.rename(draft)
            raise

    def point_to(self, number: int) -> None:
        """Make a snapshot the current one, in one step for all tables.

        Raises:
            WarehouseError: Something else lies where a link of the warehouse belongs.
        """
        self._check_links()
        # Readers may have pinned the snapshot that is replaced: its age counts from now.
        with suppress(OSError):
            os.utime(self.root / CURRENT_NAME / MANIFEST_NAME)
        self._replace_link(CURRENT_NAME, str(locate_snapshot(Path(), number)))
        # Readers see the new snapshot already, so no failure undoes it. The next run makes missing
        # links. After a power cut, readers may see the snapshot before, which is whole.
        try:
            self.link_tables()
            sync_folder(self.root)
        except OSError as error:
            logger.warning("the disk did not confirm snapshot %d: %s", number, error)

    def link_tables(self) -> None:
        """Make the links that are missing: an earlier run may have been killed.

        Raises:
            WarehouseError: Something else lies where a link of the warehouse belongs.
        """
        self._check_links()
        for name in (*load_tables(), *READER_FILES):
            if not (self.root / name).is_symlink():
                self._replace_link(name, f"{CURRENT_NAME}/{name}")

    def prune(
        self,
        now: datetime,
        keep: int = KEPT_SNAPSHOTS,
        younger_than: timedelta = timedelta(days=KEPT_DAYS),
        at_most: int = MOST_SNAPSHOTS,
    ) -> list[int]:
        """Remove old snapshots, never the current one.

        Returns:
            The numbers of those removed.

        Raises:
            PruneError: One cannot be removed, like that of another user. The others are gone.
        """
        old = self._list_old(now, keep, younger_than, at_most)
        return remove_snapshots(self.root, old)

    def _list_old(
        self, now: datetime, keep: int, younger_than: timedelta, at_most: int
    ) -> list[int]:
        """The numbers of the snapshots that need not be kept, the newest first."""
        current = self.pin().number
        numbers = self.numbers()
        times = [find_replaced(locate_snapshot(self.root, number)) for number in numbers]
        replaced = dict(zip(numbers, correct_times(times, now), strict=True))
        return [
            number
            for rank, number in enumerate(reversed(numbers))
            if number != current
            and (rank >= at_most or (rank >= keep and now - replaced[number] >= younger_than))
        ]

    def _replace_link(self, name: str, target: str) -> None:
        # In staging, so that the next run sweeps away what a killed run leaves.
        fresh = self.root / STAGING_NAME / f"{name}.link"
        fresh.parent.mkdir(exist_ok=True)
        fresh.unlink(missing_ok=True)
        try:
            fresh.symlink_to(target)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
                raise
            raise WarehouseError(
                f"{fresh}: {error.strerror}: the file system has no symbolic links"
            ) from error
        fresh.rename(self.root / name)

    def _check_links(self) -> None:
        for name in (CURRENT_NAME, *load_tables(), *READER_FILES):
            self._check_link(name)

    def _check_link(self, name: str) -> None:
        link = self.root / name
        if link.exists() and not link.is_symlink():
            raise DamagedError(
                f"{link}: found a file or folder, expected a link or nothing: move it away first",
                self.root,
            )


def _list_own_names() -> set[str]:
    """The names of all that a warehouse has in its folder, except hidden files."""
    folders = {CURRENT_NAME, SNAPSHOTS_NAME, RUNS_NAME, STAGING_NAME}
    return {*folders, *load_tables(), *READER_FILES}


def _check_draft(draft: Path) -> None:
    """Refuse a draft that is not complete.

    If somebody removed the lock, another run may have cleared staging.
    """
    try:
        Snapshot(draft).check_files()
    except WarehouseError as error:
        raise WarehouseError(
            f"{draft}: was changed by somebody else, so it is not published: build again"
        ) from error
