"""The holder of a lock: which run it is, since when, and whether it still works."""

import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

HOLDER_NAME: Final = ".lock-holder.json"
QUIET_SECONDS: Final = 600
"""A run that gave no sign of life for so long may hang."""
AT_WORK_SECONDS: Final = 60
"""A run that gave one within this time works."""
SIGN_SECONDS: Final = 1.0
"""How often a run gives a sign of life at most."""

_STATES: Final = {
    "T": "it is stopped",
    "t": "a debugger stopped it",
    "D": "it waits for a disk",
    "Z": "it is dead, and its parent has not noticed",
}
"""States of Linux in which a process does nothing."""


@dataclass(frozen=True)
class Holder:
    """The run that holds a lock.

    `quiet_seconds` is how long it gave no sign of life. `state` is the letter that Linux has for
    what the process does; None if it is of another host, or unknown.
    """

    job: str
    pid: int
    host: str
    since: datetime
    quiet_seconds: float
    state: str | None

    @property
    def is_stopped(self) -> bool:
        return self.state in ("T", "t")

    @property
    def is_quiet(self) -> bool:
        """Whether it may hang."""
        return self.quiet_seconds >= QUIET_SECONDS

    def __str__(self) -> str:
        age = (datetime.now(UTC) - self.since).total_seconds()
        holder = f"{self.job} (process {self.pid} on {self.host})"
        since = f"since {self.since.isoformat(timespec='seconds')}, {describe_seconds(age)}"
        return f"{holder} {since}; {self._describe_work()}"

    def _describe_work(self) -> str:
        # A process that works waits for a disk now and then.
        is_idle = self.state in _STATES and (self.is_quiet or self.state != "D")
        if not is_idle and self.quiet_seconds < AT_WORK_SECONDS:
            return "it is at work"
        quiet = f"its last sign of life was {describe_seconds(self.quiet_seconds)}"
        return f"{quiet}, and {_STATES[str(self.state)]}" if is_idle else quiet


def describe_seconds(seconds: float) -> str:
    """How long ago something was, in words."""
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "less than a minute ago"


def name_holder(root: Path, job: str, since: datetime) -> None:
    """Say that this process holds the lock of the warehouse `root`."""
    named = {
        "job": job,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": since.isoformat(timespec="seconds"),
    }
    # Only other processes need this, and on a full disk this run may make room.
    with suppress(OSError):
        (root / HOLDER_NAME).write_text(json.dumps(named))


def find_holder(root: Path) -> Holder | None:
    """Who holds the lock of the warehouse `root`.

    None if nobody does, or the holder has not said so yet. What a killed run left does not count.
    """
    path = root / HOLDER_NAME
    try:
        named = json.loads(path.read_text())
        is_here = named["host"] == socket.gethostname()
        if is_here and not _is_alive(named["pid"]):
            return None
        return Holder(
            job=str(named["job"]),
            pid=named["pid"],
            host=named["host"],
            since=datetime.fromisoformat(named["since"]).astimezone(UTC),
            quiet_seconds=max(0.0, time.time() - path.stat().st_mtime),
            state=_read_state(named["pid"]) if is_here else None,
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None


class Pulse:
    """Signs of life of the run that holds the lock of the warehouse `root`."""

    def __init__(self, root: Path) -> None:
        self._path = root / HOLDER_NAME
        self._last = 0.0

    def beat(self) -> None:
        """Give a sign of life: the time of the holder's file is now."""
        now = time.monotonic()
        if now - self._last >= SIGN_SECONDS:
            self._last = now
            with suppress(OSError):
                os.utime(self._path)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # The process is of another user.
        pass
    return True


def _read_state(pid: int) -> str | None:
    """The state of a process, as Linux has it; None on other systems."""
    try:
        # The name of the program stands before it in brackets, and may have some of its own.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError, UnicodeDecodeError):
        return None
