"""Which `serve` is at work on a warehouse: one process for each name."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipelines.errors import ServedError, WarehouseError


@contextmanager
def hold_name(root: Path, name: str | None) -> Iterator[None]:
    """Be the `serve` of this name. The kernel frees the name when the process dies.

    Raises:
        ServedError: Another process is.
        WarehouseError: The warehouse `root` cannot be written to, or its file system has no locks.
    """
    path = root / (f".serve-{name}.lock" if name else ".serve.lock")
    try:
        root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise WarehouseError(f"{path}: {error.strerror}") from error
    try:
        _take(descriptor, path)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = ""
        with suppress(UnicodeDecodeError):
            holder = os.pread(descriptor, 200, 0).decode()
        raise ServedError(f"{path.parent}: served by {holder or 'another process'}") from error
    except OSError as error:
        raise WarehouseError(
            f"{path}: {error.strerror}: the file system has no locks (flock)"
        ) from error
