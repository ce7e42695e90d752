"""Workers are replaced when one dies, and their work still gets done."""

import math
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from threading import Thread

import pytest

from pipelines.errors import PipelineError
from pipelines.processes.workers import Workers, call_each


def die_in_a_worker(number: int) -> int:
    """Multiply by 10. A worker dies of the number 2."""
    if number == 2 and multiprocessing.parent_process():
        os.kill(os.getpid(), signal.SIGSEGV)
    return number * 10


def divide_in_a_worker(number: int) -> float:
    """Divide 1 by `number`."""
    return 1 / number


def raise_what_cannot_be_pickled() -> None:
    """Raise an error with a function in it, which no pipe takes."""
    raise ValueError("the real problem", lambda: None)


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


def test_workers_that_another_thread_starts_ignore_an_interrupt() -> None:
    with ThreadPoolExecutor(1) as thread, Workers(1) as workers:
        found = thread.submit(lambda: workers.submit(signal.getsignal, signal.SIGINT).result())
        assert found.result() == signal.SIG_IGN


def test_the_first_worker_of_a_process_is_never_open_to_an_interrupt() -> None:
    program = (
        "import signal; from pipelines.processes.workers import Workers; workers = Workers(1);"
        "print(*workers.submit(signal.pthread_sigmask, signal.SIG_BLOCK, []).result());"
        "print(*signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    )
    process = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    workers, parent = process.stdout.splitlines()
    assert set(map(int, workers.split())) >= {signal.SIGINT, signal.SIGHUP}
    assert parent == ""


def test_an_error_of_a_task_says_where_in_the_worker_it_was_raised() -> None:
    with Workers(1) as workers:
        pid = workers.submit(os.getpid).result()
        error = workers.submit(divide_in_a_worker, 0).exception()
        assert isinstance(error, ZeroDivisionError)
        assert "in divide_in_a_worker" in error.__notes__[0]
        assert workers.submit(os.getpid).result() == pid


def test_what_cannot_be_pickled_is_an_error_of_its_task_alone() -> None:
    with Workers(1) as workers:
        pid = workers.submit(os.getpid).result()
        with pytest.raises((AttributeError, TypeError), match="pickle"):
            workers.submit(lambda: None).result()
        with pytest.raises(TypeError, match="pickle"):
            workers.submit(memoryview, b"").result()
        with pytest.raises(RuntimeError, match="the real problem"):
            workers.submit(raise_what_cannot_be_pickled).result()
        assert workers.submit(os.getpid).result() == pid


def test_tasks_are_finished_after_a_shutdown_that_does_not_wait() -> None:
    with Workers(1) as workers:
        first = workers.submit(os.getpid)
        promises = [workers.submit(math.factorial, number) for number in (3, 4)]
        workers.shutdown(wait=False)
        assert workers.submit(os.getpid).result() != first.result()
        assert [promise.result() for promise in promises] == [6, 24]


def test_a_shutdown_can_cancel_the_tasks_that_wait() -> None:
    with Workers(1) as workers:
        running = workers.submit(time.sleep, 0.2)
        waiting = workers.submit(time.sleep, 600)
        while not running.running():
            time.sleep(0.01)
        workers.shutdown(cancel_futures=True)
        assert running.done()
        assert waiting.cancelled()


def test_a_worker_that_cannot_be_started_is_an_error_in_plain_words() -> None:
    with Workers(1) as working, Workers(1) as workers:
        working.submit(int).result()
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
        try:
            error = workers.submit(int).exception()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert isinstance(error, PipelineError)
        assert "workers cannot be started: [Errno 24] Too many open files" in str(error)
        assert workers.submit(int).result() == 0


def test_a_thread_that_cannot_be_started_is_an_error_in_plain_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    with Workers(1) as workers:
        with monkeypatch.context() as patch:
            patch.setattr(Thread, "start", fail)
            with pytest.raises(PipelineError, match="workers cannot be started: can't start new"):
                workers.submit(int)
        assert workers.submit(int).result() == 0
