"""What a command costs as a process, with all that it starts: seconds, and memory."""

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

POLL_SECONDS = 0.02


class CommandError(Exception):
    """A command that was measured failed."""


class Timing(NamedTuple):
    """Seconds on the clock from the start of the process to its end, and on all processors.

    `output` is what it printed.
    """

    seconds: float
    cpu_seconds: float
    output: str = ""

    def __format__(self, spec: str) -> str:
        return format(self.seconds, spec)

    def times(self, factor: int) -> "Timing":
        """What so many of it would cost."""
        return Timing(factor * self.seconds, factor * self.cpu_seconds)


def time_command(command: list[str]) -> Timing:
    """Run `command` alone and time it.

    Raises:
        CommandError: It did not end with code 0.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        with _started(command, output.fileno(), errors.fileno()) as process:
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            said = (errors.read() or output.read()).decode(errors="replace")
            raise CommandError(f"{' '.join(command)}: code {process.returncode}: {said[-2000:]}")
        return Timing(seconds, usage.ru_utime + usage.ru_stime, output.read().decode())


def find_peak_pss(command: list[str]) -> float:
    """The most memory in MB that `command` and its processes held together.

    The proportional set size counts a page that several share once. To look for it slows a
    process down: time and memory are never taken from the same run.
    """
    peak = 0
    is_over = threading.Event()

    def poll(session: int) -> None:
        nonlocal peak
        while not is_over.wait(POLL_SECONDS):
            peak = max(peak, _sum_pss(session))

    with _started(command, subprocess.DEVNULL, subprocess.DEVNULL) as process:
        watcher = threading.Thread(target=poll, args=[process.pid])
        watcher.start()
        try:
            code = process.wait()
        finally:
            is_over.set()
            watcher.join()
    if code:
        raise CommandError(f"{' '.join(command)}: code {code}")
    return peak * 1024 / 1e6


@contextlib.contextmanager
def _started(command: list[str], output: int, errors: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own, which is how its descendants are found, and ended."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        env=_list_environment(),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _list_environment() -> dict[str, str]:
    """Without what would send a run to a server, or to another warehouse.

    The mapping is the one of all versions, so that all do the same work.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PREFECT_", "MATTERHOUSE_"))
    }
    return {**kept, "MATTERHOUSE_MAPPING": "everyday"}


def _sum_pss(session: int) -> int:
    """The memory in KiB of all processes of `session` at this moment."""
    return sum(_read_pss(entry) for entry in Path("/proc").iterdir() if _is_of(entry, session))


def _is_of(process: Path, session: int) -> bool:
    if not process.name.isdigit():
        return False
    try:
        # The name of the program stands in brackets and may hold anything, blanks included.
        fields = (process / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return False
    return int(fields[3]) == session


def _read_pss(process: Path) -> int:
    try:
        rollup = (process / "smaps_rollup").read_bytes()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in rollup.splitlines() if line[:4] == b"Pss:"), 0)
