"""Ownership: as whom a process runs, and whose a file is."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from pipelines.warehouse.space import find_existing

DENIED: Final = (errno.EACCES, errno.EPERM)
"""The errors by which the system denies a user something."""


def describe_denial(path: Path) -> str:
    """Why the system denies writing at `path`, as far as owners say."""
    return _compare_owner(_find_denied(path))


def describe_unreadable(path: Path) -> str:
    """Why the system denies reading `path`, as far as owners say."""
    return _compare_owner(find_existing(path))


def _compare_owner(path: Path) -> str:
    return f"this runs as {_name_user(os.geteuid())}, and {describe_owner(path)}"


def describe_owner(path: Path) -> str:
    """Whose `path` is, and what may be done with it."""
    status = path.lstat()
    owner = f"{_name_user(status.st_uid)}:{_name_group(status.st_gid)}"
    return f"{path} belongs to {owner}, {stat.filemode(status.st_mode)}"


def _find_denied(path: Path) -> Path:
    """`path`, or the folder that it would be made in or moved from, if that is what denies it."""
    there = find_existing(path)
    return there if not os.access(there, os.W_OK) else find_existing(there.parent)


def _name_user(number: int) -> str:
    import pwd

    with suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    # In a container, users may have no name.
    return f"user {number}"


def _name_group(number: int) -> str:
    import grp

    with suppress(KeyError):
        return grp.getgrgid(number).gr_name
    return f"group {number}"
