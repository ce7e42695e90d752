"""The lock: one writer at a time."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from pipelines.errors import LockedError

LOCK_NAME: Final = ".lock"
HOLDER_NAME: Final = ".lock-holder.json"


@contextmanager
def hold_lock(root: Path, job: str, since: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock of the warehouse `root`; the kernel frees it when the process dies.

    Raises:
        LockedError: Another process still holds it after `wait_seconds`.
    """
    # The holder has a file of its own, since taking a FileLock truncates the one it locks.
    holder = root / HOLDER_NAME
    try:
        with FileLock(root / LOCK_NAME, timeout=wait_seconds, poll_interval=0.1):
            holder.write_text(
                json.dumps(
                    {"job": job, "pid": os.getpid(), "host": socket.gethostname(), "since": since}
                )
            )
            try:
                yield
            finally:
                holder.unlink(missing_ok=True)
    except Timeout as error:
        raise LockedError(
            f"{root}: held by {describe_holder(root)}; wait for it with --wait SECONDS"
        ) from error


def describe_holder(root: Path) -> str:
    """Who holds the lock, since when."""
    try:
        holder = json.loads((root / HOLDER_NAME).read_text())
        return "{job} (process {pid} on {host}) since {since}".format(**holder)
    except (OSError, ValueError, KeyError):
        return "another run that is just starting or ending"
