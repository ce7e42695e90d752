"""Ownership: as whom a process runs, and whose a file is."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from pipelines.warehouse.space import find_existing

REFUSALS: Final = (errno.EACCES, errno.EPERM)


def describe_refusal(path: Path) -> str:
    """Why the system refuses to write at `path`, as far as owners say."""
    return _compare_owner(_find_refusing(path))


def describe_unreadable(path: Path) -> str:
    """Why the system refuses to read `path`, as far as owners say."""
    return _compare_owner(find_existing(path))


def _compare_owner(path: Path) -> str:
    return f"this runs as {_name_user(os.geteuid())}, and {describe_owner(path)}"


def describe_owner(path: Path) -> str:
    """Whose `path` is, and what may be done with it."""
    status = path.lstat()
    owner = f"{_name_user(status.st_uid)}:{_name_group(status.st_gid)}"
    return f"{path} is of {owner}, {stat.filemode(status.st_mode)}"


def _find_refusing(path: Path) -> Path:
    """`path`, or the folder that it would be made in or moved from, if that refuses."""
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
