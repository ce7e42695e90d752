"""The lock of a warehouse, and what a killed holder leaves."""

import errno
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.errors import LockedError, WarehouseError
from pipelines.reports.advice import advise
from pipelines.warehouse.holder import HOLDER_NAME, Pulse, find_holder
from pipelines.warehouse.lock import LOCK_NAME, hold_lock
from tests.conftest import Archive, post


def test_the_error_of_a_second_writer_names_the_holder_of_the_lock(archive: Archive) -> None:
    root = archive.warehouse.root
    root.mkdir()
    with hold_lock(root, "build") as since:
        moment = re.escape(since.isoformat(timespec="seconds"))
        pattern = (
            rf"locked by build \(process {os.getpid()} on .*\) since {moment}, "
            r"less than a minute ago; it is at work$"
        )
        with pytest.raises(LockedError, match=pattern):
            archive.run()
        with pytest.raises(LockedError):
            archive.run(wait_seconds=0.3)
    archive.run()


def test_a_run_counts_from_when_it_got_the_lock(archive: Archive) -> None:
    archive.write("a.md", post())
    archive.warehouse.root.mkdir()
    with ThreadPoolExecutor(1) as executor:
        with hold_lock(archive.warehouse.root, "build"):
            waiting = executor.submit(archive.run, wait_seconds=30)
            time.sleep(1.1)
            freed = datetime.now(UTC).replace(microsecond=0)
        record = waiting.result()
    assert datetime.fromisoformat(record.started_at) >= freed
    assert archive.snapshot.manifest.created_at == record.started_at


@pytest.mark.parametrize("pid", ["1", None, 10**30])
def test_a_damaged_holder_file_counts_as_no_holder(tmp_path: Path, pid: object) -> None:
    named = {"job": "build", "pid": pid, "host": socket.gethostname(), "since": "now"}
    (tmp_path / HOLDER_NAME).write_text(json.dumps(named))
    assert find_holder(tmp_path) is None


@pytest.fixture
def other(archive: Archive) -> Iterator[subprocess.Popen[bytes]]:
    """Another process, which holds the lock."""
    archive.warehouse.root.mkdir()
    code = (
        "import sys, time\nfrom pathlib import Path\n"
        "from pipelines.warehouse.lock import hold_lock\n"
        "with hold_lock(Path(sys.argv[1]), 'build'):\n"
        "    print('held', flush=True)\n    time.sleep(60)\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, archive.warehouse.root], stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with holder:
        yield holder
        holder.kill()


def test_the_lock_of_a_killed_process_does_not_count(
    archive: Archive, other: subprocess.Popen[bytes]
) -> None:
    with pytest.raises(LockedError):
        archive.run()
    other.kill()
    other.wait()
    assert archive.run().status == "published"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not show states of processes")
def test_a_stopped_holder_is_said_to_be_stopped_and_how_it_goes_on(
    archive: Archive, other: subprocess.Popen[bytes]
) -> None:
    other.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, other.pid, os.WSTOPPED)
    with pytest.raises(LockedError, match=r", and it is stopped$") as error:
        archive.run()
    assert f"`kill -CONT {other.pid}` on {socket.gethostname()}" in str(advise(error.value))
    assert f"`kill -9 {other.pid}`" in str(advise(error.value))


def test_a_quiet_holder_is_said_to_be_quiet_and_how_to_end_it(
    archive: Archive, other: subprocess.Popen[bytes]
) -> None:
    early = time.time() - 11 * 60
    os.utime(archive.warehouse.root / HOLDER_NAME, (early, early))
    with pytest.raises(LockedError, match=r"its last sign of life was 11 minutes ago") as error:
        archive.run()
    assert f"if it hangs, end it with `kill {other.pid}`" in str(advise(error.value))
    Pulse(archive.warehouse.root).beat()
    with pytest.raises(LockedError) as error:
        archive.run()
    assert advise(error.value) == "wait for it with --wait SECONDS"


def test_a_run_gives_signs_of_life_as_it_goes_on(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats = []
    monkeypatch.setattr(Pulse, "beat", lambda pulse: beats.append(pulse))
    archive.write("a.md", post())
    archive.run()
    # Five steps, and progress within two of them.
    assert len(beats) >= 7


def test_a_run_waits_for_a_lock_that_is_just_being_freed(archive: Archive) -> None:
    root = archive.warehouse.root
    root.mkdir()
    # A run that ends removes its name, and holds the lock a little longer.
    descriptor = os.open(root / LOCK_NAME, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    ending = threading.Timer(0.2, os.close, [descriptor])
    ending.start()
    assert archive.run().status == "published"
    ending.join()


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_an_error(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("pipelines.warehouse.lock.fcntl.flock", refuse)
    with pytest.raises(WarehouseError, match=r"\.lock: .*: the file system has no locks"):
        archive.run()
