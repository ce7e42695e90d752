"""A worker may die at any moment. It loses the task that it had, and nobody waits for it."""

import gc
import math
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pipelines.processes.workers import Workers
from tests.processes.handover import ROUNDS, SIZES


def sleep_long(folder: Path) -> None:
    """Leave a file with the number of this process, and sleep."""
    (folder / str(os.getpid())).touch()
    time.sleep(600)


def die_while_sending(size: int, after: int) -> bytes:
    """Return so many bytes, and die when `after` of them, or of their header, were sent."""
    send = Connection._send

    def send_a_part(pipe: Connection, data: bytes) -> None:
        send(pipe, data[:after])
        if after < len(data):
            os.kill(os.getpid(), signal.SIGKILL)

    Connection._send = send_a_part
    return bytes(size)


def close_the_pipe(seconds: float) -> int:
    """Close this end of the pipe to the parent, and live on."""
    for each in gc.get_objects():
        if isinstance(each, Connection):
            each.close()
    time.sleep(seconds)
    return 0


def wait_for_workers(folder: Path, count: int) -> list[int]:
    """The processes in which `sleep_long` began."""
    while len(found := list(folder.iterdir())) < count:
        time.sleep(0.01)
    return [int(path.name) for path in found]


def test_a_worker_that_is_killed_while_idle_loses_nothing() -> None:
    with Workers(1) as workers:
        first = workers.submit(os.getpid).result()
        os.kill(first, signal.SIGKILL)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        second = workers.submit(os.getpid).result()
        assert workers.submit(os.getpid).result() == second != first


def test_a_worker_that_is_killed_at_work_loses_its_task_and_no_other(tmp_path: Path) -> None:
    with Workers(1) as workers:
        lost = workers.submit(sleep_long, tmp_path)
        waiting = [workers.submit(math.factorial, number) for number in range(3)]
        os.kill(*wait_for_workers(tmp_path, 1), signal.SIGKILL)
        with pytest.raises(BrokenExecutor, match="a worker died, exit code -9"):
            lost.result()
        assert [each.result() for each in waiting] == [1, 1, 2]


def test_waiting_tasks_are_done_though_all_workers_are_killed_at_once(tmp_path: Path) -> None:
    with Workers(3) as workers:
        lost = [workers.submit(sleep_long, tmp_path) for _ in range(3)]
        waiting = [workers.submit(math.factorial, number) for number in range(6)]
        for pid in wait_for_workers(tmp_path, 3):
            os.kill(pid, signal.SIGKILL)
        assert {type(each.exception()) for each in lost} == {BrokenExecutor}
        assert [each.result() for each in waiting] == [1, 1, 2, 6, 24, 120]


@pytest.mark.parametrize("after", [2, 1_000_000, 49_000_000])
def test_nobody_waits_for_the_rest_of_a_result(after: int) -> None:
    with Workers(2) as workers:
        lost = workers.submit(die_while_sending, 50_000_000, after)
        assert isinstance(lost.exception(), BrokenExecutor)
        assert workers.submit(math.factorial, 4).result() == 24


def test_a_worker_that_closed_its_pipe_at_work_is_killed() -> None:
    with Workers(1) as workers:
        pid = workers.submit(os.getpid).result()
        with pytest.raises(BrokenExecutor):
            workers.submit(close_the_pipe, 600).result()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_parent_that_is_stopped_while_a_worker_dies_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.processes.handover", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        try:
            outcomes = [hand_over(parent, tmp_path / str(number)) for number in range(ROUNDS)]
            # A small result may be whole before its worker is killed.
            small, large = (outcomes[place :: len(SIZES)] for place in range(len(SIZES)))
            assert set(small) <= {"NoneType", "BrokenExecutor"}
            assert set(large) == {"BrokenExecutor"}
            assert parent.communicate()[0] == "24\n"
        finally:
            parent.kill()


def hand_over(parent: subprocess.Popen[str], go: Path) -> str:
    """Kill the worker at its hand-over while `parent` is stopped; what `parent` sees of it."""
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, parent.pid, os.WSTOPPED)
    go.touch()
    time.sleep(random.uniform(0, 0.03))
    os.kill(worker, signal.SIGKILL)
    while not is_dead(worker):
        time.sleep(0.001)
    parent.send_signal(signal.SIGCONT)
    return parent.stdout.readline().strip()


EXIT = """
import time
from pipelines.processes.workers import Workers
pools = [Workers(2) for _ in range(4)]
futures = [pool.submit(time.sleep, 600) for pool in pools for _ in range(40)]
while sum(future.running() for future in futures) < 8:
    time.sleep(0.01)
time.sleep(0.5)
"""


@pytest.mark.parametrize("_", range(3))
def test_a_process_that_exits_without_shutdown_does_not_wait_for_its_workers(_: int) -> None:
    process = subprocess.run([sys.executable, "-c", EXIT], stderr=subprocess.PIPE, check=True)
    assert process.stderr == b""


def is_dead(pid: int) -> bool:
    """Whether a killed process, which nobody waited for yet, has ended with all its threads."""
    threads = list(Path(f"/proc/{pid}/task").iterdir())
    return len(threads) == 1 and "State:\tZ" in (threads[0] / "status").read_text()
