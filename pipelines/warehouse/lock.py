"""The lock: one writer at a time."""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pipelines.errors import LockedError

LOCK_NAME: Final = ".lock"
HOLDER_NAME: Final = ".lock-holder.json"
POLL_SECONDS: Final = 0.1


@contextmanager
def hold_lock(root: Path, job: str, since: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock of the warehouse `root`; the kernel frees it when the process dies.

    Raises:
        LockedError: Another process still holds it after `wait_seconds`.
    """
    # The file stays: one that another process waits for must not be replaced.
    descriptor = os.open(root / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o666)
    holder = root / HOLDER_NAME
    try:
        if not _wait_for(descriptor, time.monotonic() + wait_seconds):
            raise LockedError(
                f"{root}: held by {describe_holder(root)}; wait for it with --wait SECONDS"
            )
        holder.write_text(
            json.dumps(
                {"job": job, "pid": os.getpid(), "host": socket.gethostname(), "since": since}
            )
        )
        try:
            yield
        finally:
            holder.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def describe_holder(root: Path) -> str:
    """Who holds the lock, since when."""
    try:
        holder = json.loads((root / HOLDER_NAME).read_text())
        return "{job} (process {pid} on {host}) since {since}".format(**holder)
    except (OSError, ValueError, KeyError):
        return "another run that is just starting or ending"


def _wait_for(descriptor: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)
        else:
            return True
