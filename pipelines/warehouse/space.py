"""Space: how much of a disk is free, and how much could be."""

import errno
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pipelines.warehouse.layout import STAGING_NAME

FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_NUMBER: Final = re.compile(r"\b(?:os error|errno) (\d+)\b", re.I)


class Space(NamedTuple):
    """The bytes of a disk that this user may still write, and those of the whole disk."""

    free: int
    total: int


def measure_space(folder: Path) -> Space:
    """The space of the disk on which `folder` lies, or will lie."""
    status = os.statvfs(find_existing(folder))
    return Space(status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize)


def count_free_inodes(folder: Path) -> int | None:
    """How many files there is still room for; None if the file system does not count them."""
    status = os.statvfs(find_existing(folder))
    return status.f_favail if status.f_files else None


def find_existing(path: Path) -> Path:
    """`path`, or the nearest folder above it that is there."""
    return next(each for each in (path, *path.parents, *path.absolute().parents) if each.exists())


def is_disk_full(error: OSError) -> bool:
    """Whether there was no room, or no more of the user's share of the disk."""
    # Arrow and Polars have the number in their message alone.
    found = _NUMBER.search(str(error))
    return (error.errno or (int(found[1]) if found else 0)) in FULL


def measure_staging(root: Path) -> int:
    """The bytes of all that lies in the staging folder of the warehouse `root`."""
    return sum(size for _, size in _list_inodes([root / STAGING_NAME]))


def count_freed(going: Iterable[Path], staying: Iterable[Path]) -> int:
    """The bytes that are freed if the folders `going` go: files that others share stay."""
    sizes = dict(_list_inodes(going))
    for inode, _ in _list_inodes(staying):
        sizes.pop(inode, None)
    return sum(sizes.values())


def _list_inodes(folders: Iterable[Path]) -> Iterator[tuple[tuple[int, int], int]]:
    """The device and inode of every file below `folders`, and the bytes that it takes."""
    for folder in folders:
        for parent, _, names in os.walk(folder):
            for name in names:
                try:
                    status = os.lstat(Path(parent, name))
                except FileNotFoundError:
                    continue
                yield (status.st_dev, status.st_ino), status.st_blocks * 512


def render_bytes(count: int) -> str:
    """A number of bytes for people, like `3.1 MB`."""
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{count:,} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"
