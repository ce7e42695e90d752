"""A probe: what the disk of a warehouse can do, tried out in a hidden folder that is removed."""

import fcntl
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import IO


@dataclass(frozen=True)
class Probe:
    """What was found out. None means that it works, else this is why it does not.

    `clock_seconds` is how far the disk's clock is ahead of ours.
    """

    locks: str | None
    hard_links: str | None
    symbolic_links: str | None
    clock_seconds: float


def probe_disk(folder: Path) -> Probe:
    """Try out the disk on which `folder` lies.

    Raises:
        OSError: Nothing can be written there.
    """
    trial = Path(mkdtemp(prefix=".doctor-", dir=folder))
    try:
        path = trial / "file"
        path.write_text("x")
        clock_seconds = path.stat().st_mtime - time.time()
        return Probe(
            locks=_try(lambda: _lock_twice(path)),
            hard_links=_try(lambda: os.link(path, trial / "hard")),
            symbolic_links=_try(lambda: (trial / "symbolic").symlink_to("file")),
            clock_seconds=clock_seconds,
        )
    finally:
        shutil.rmtree(trial, ignore_errors=True)


def _try(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except OSError as error:
        return error.strerror or str(error)
    return None


def _lock_twice(path: Path) -> None:
    """Lock a file twice.

    Raises:
        OSError: There are no locks, or they hold nobody off.
    """
    with path.open() as first, path.open() as second:
        _lock(first)
        with suppress(BlockingIOError):
            _lock(second)
            raise OSError(0, "a lock holds nobody off")


def _lock(file: IO[str]) -> None:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
