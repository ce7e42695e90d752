"""The lock of a warehouse, and what a killed holder leaves."""

import errno
import fcntl
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.errors import LockedError, WarehouseError
from pipelines.warehouse.lock import HOLDER_NAME, LOCK_NAME, find_holder, hold_lock
from tests.conftest import Archive, post


def test_the_error_of_a_second_writer_names_the_holder_of_the_lock(archive: Archive) -> None:
    root = archive.warehouse.root
    root.mkdir()
    with hold_lock(root, "build") as since:
        moment = re.escape(since.isoformat(timespec="seconds"))
        pattern = rf"held by build \(process {os.getpid()} on .*\) since {moment}$"
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


def test_the_lock_of_a_killed_process_does_not_count(archive: Archive) -> None:
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
    with pytest.raises(LockedError):
        archive.run()
    holder.kill()
    holder.communicate()
    assert archive.run().status == "published"


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
