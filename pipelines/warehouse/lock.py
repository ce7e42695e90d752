"""The lock: one writer at a time."""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipelines.errors import LockedError, WarehouseError

LOCK_NAME: Final = ".lock"
HOLDER_NAME: Final = ".lock-holder.json"
POLL_SECONDS: Final = 0.1
NAMING_SECONDS: Final = 1.0


@contextmanager
def hold_lock(root: Path, job: str, wait_seconds: float = 0) -> Iterator[datetime]:
    """Hold the lock of the warehouse `root`. Yields the time when it was taken.

    The kernel frees it when the process dies.

    Raises:
        LockedError: Another process still holds it after `wait_seconds`.
        WarehouseError: The file system has no locks.
    """
    # The file is never removed, since another process may be waiting for it.
    descriptor = os.open(root / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o666)
    holder = root / HOLDER_NAME
    try:
        _take_lock(descriptor, root, wait_seconds)
        since = datetime.now(UTC)
        named = {
            "job": job,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": since.isoformat(timespec="seconds"),
        }
        # Only other processes need this, and on a full disk this run may make room.
        with suppress(OSError):
            holder.write_text(json.dumps(named))
        try:
            yield since
        finally:
            with suppress(OSError):
                holder.unlink()
    finally:
        os.close(descriptor)


def _take_lock(descriptor: int, root: Path, wait_seconds: float) -> None:
    asked = time.monotonic()
    while not _try_lock(descriptor, root):
        waited = time.monotonic() - asked
        holder = find_holder(root)
        # The holder file appears a moment after the lock: wait for it.
        if waited >= (wait_seconds if holder else max(wait_seconds, NAMING_SECONDS)):
            holder = holder or "another run that is just starting or ending"
            raise LockedError(f"{root}: held by {holder}")
        time.sleep(POLL_SECONDS)


def _try_lock(descriptor: int, root: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise WarehouseError(
            f"{root / LOCK_NAME}: {error.strerror}: the file system has no locks (flock)"
        ) from error
    return True


def find_holder(root: Path) -> str | None:
    """Who holds the lock of the warehouse `root`, in words.

    None if nobody does, or the holder has not said so yet. What a killed run left does not count.
    """
    try:
        holder = json.loads((root / HOLDER_NAME).read_text())
        if holder["host"] == socket.gethostname() and not _is_alive(holder["pid"]):
            return None
        return "{job} (process {pid} on {host}) since {since}".format(**holder)
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # The process is of another user.
        pass
    return True
