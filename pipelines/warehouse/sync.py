"""What must be on disk before the next step of a publish."""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sync_file_system(folder: Path) -> None:
    """Wait until everything that was written to the file system of `folder` is on disk.

    One call for a whole snapshot is much faster than one per file. Python has no such call.

    Raises:
        OSError: The disk could not write something.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "syncfs"):
        os.sync()
        return
    with _opened(folder) as descriptor:
        if library.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            if number == errno.ENOSYS:
                # A sandbox may not know syncfs. This call waits for every file system.
                os.sync()
                return
            raise OSError(number, os.strerror(number), str(folder))


def sync_folder(folder: Path) -> None:
    """Wait until the entries of `folder` are on disk."""
    with _opened(folder) as descriptor:
        try:
            os.fsync(descriptor)
        except OSError as error:
            # Some network file systems cannot do this for folders.
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
