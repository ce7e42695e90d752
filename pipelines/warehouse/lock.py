"""The lock: one writer at a time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipelines.errors import LockedError, WarehouseError
from pipelines.warehouse.holder import HOLDER_NAME, find_holder, name_holder

LOCK_NAME: Final = ".lock"
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
    try:
        _take_lock(descriptor, root, wait_seconds)
        since = datetime.now(UTC)
        name_holder(root, job, since)
        try:
            yield since
        finally:
            with suppress(OSError):
                (root / HOLDER_NAME).unlink()
    finally:
        os.close(descriptor)


def _take_lock(descriptor: int, root: Path, wait_seconds: float) -> None:
    asked = time.monotonic()
    while not _try_lock(descriptor, root):
        waited = time.monotonic() - asked
        holder = find_holder(root)
        # The holder file appears a moment after the lock: wait for it.
        if waited >= (wait_seconds if holder else max(wait_seconds, NAMING_SECONDS)):
            described = holder or "another run that is just starting or ending"
            raise LockedError(f"{root}: locked by {described}", holder)
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
