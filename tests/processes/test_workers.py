"""Workers are replaced when one dies, and their work still gets done."""

import math
import multiprocessing
import os
import signal
import time
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor

import pytest

from pipelines.processes.workers import Workers, call_each


def die_in_a_worker(number: int) -> int:
    """Multiply by 10. A worker dies of the number 2."""
    if number == 2 and multiprocessing.parent_process():
        os.kill(os.getpid(), signal.SIGSEGV)
    return number * 10


def test_this_process_does_the_task_that_a_worker_dies_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Workers(1) as workers:
        assert list(call_each(die_in_a_worker, [1, 2, 3], workers)) == [10, 20, 30]
        assert "a worker died" in caplog.text
        workers.shutdown()
        assert list(call_each(math.factorial, [3, 4], workers)) == [6, 24]


def test_new_workers_take_over_from_one_that_died() -> None:
    with Workers(1) as workers:
        with pytest.raises(BrokenExecutor):
            workers.submit(die_in_a_worker, 2).result()
        assert workers.submit(math.factorial, 3).result() == 6


def test_no_waiting_task_begins_after_a_failure() -> None:
    begun = []

    def fail(number: int) -> None:
        begun.append(number)
        time.sleep(0.05)
        raise ValueError(number)

    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError, match="0"):
        list(call_each(fail, range(10), executor))
    assert len(begun) < 5


def test_workers_ignore_an_interrupt_and_leave_it_to_their_parent() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Workers(2) as workers:
        found = [workers.submit(signal.getsignal, signal.SIGINT) for _ in range(4)]
        assert {each.result() for each in found} == {signal.SIG_IGN}
    assert signal.getsignal(signal.SIGINT) is before
