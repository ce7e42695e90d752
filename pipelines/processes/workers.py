"""Workers: tasks are shared out among worker processes. One that dies loses only its own task.

Nothing heavy is imported here, so workers can start while this process still loads its libraries.
"""

import atexit
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, NamedTuple, TypeAlias, TypeVar

from pipelines.processes.worker import Call, Worker, cannot_start

logger = logging.getLogger(__name__)

A = TypeVar("A")
T = TypeVar("T")


class Task(NamedTuple):
    """A call, and the future that waits for its result."""

    future: Future[Any]
    call: Call


Tasks: TypeAlias = SimpleQueue[Task | None]
"""The tasks that wait. None ends one worker."""


class Workers(Executor):
    """Worker processes, one per processor by default. They start with their first task.

    Each has a thread in this process, which waits for its answer and notices its end. If a worker
    dies, the future of its task raises `BrokenExecutor`, and a new worker takes the next task.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = count or _count_processors()
        self._lock = Lock()
        self._tasks: Tasks = SimpleQueue()
        self._threads: list[Thread] = []

    def warm_up(self, load: Callable[[], None]) -> None:
        """Start every worker now, with `load` as its first task."""
        for _ in range(self.count):
            self.submit(load)

    def submit(self, call: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Give a task to a worker.

        The future raises a `PipelineError` if the system has no room for the worker.

        Raises:
            PipelineError: The system has no room for the threads that wait for the workers.
        """
        future: Future[T] = Future()
        with self._lock:
            if not self._threads:
                self._start_threads()
            self._tasks.put(Task(future, Call(call, args, kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers after their last task. The next task would start new ones."""
        atexit.unregister(self.shutdown)
        with self._lock:
            tasks, threads = self._tasks, self._threads
            self._tasks, self._threads = SimpleQueue(), []
        if cancel_futures:
            _cancel(tasks)
        for _ in threads:
            tasks.put(None)
        if wait:
            for thread in threads:
                thread.join()

    def _start_threads(self) -> None:
        # At exit multiprocessing ends all workers, then waits for them. What is registered after
        # it comes before it, so that no waiting task starts a new worker in between.
        import multiprocessing.util  # noqa: F401

        atexit.register(self.shutdown, wait=False, cancel_futures=True)
        for _ in range(self.count):
            thread = Thread(target=_share_out, args=(self._tasks,), daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                raise cannot_start(error) from error
            self._threads.append(thread)


def _share_out(tasks: Tasks) -> None:
    """Give tasks to a worker, one after another, until None comes."""
    worker: Worker | None = None
    while task := tasks.get():
        future, call = task
        if future.set_running_or_notify_cancel():
            try:
                if worker is not None and worker.is_lost():
                    worker.kill()
                    worker = None
                worker = worker or Worker()
                future.set_result(worker.do(call))
            except BaseException as error:  # noqa: BLE001  # The future raises it.
                future.set_exception(error)
        # Otherwise the result would stay in memory until the next task comes.
        del task, future, call
    if worker is not None:
        worker.end()


def _cancel(tasks: Tasks) -> None:
    with suppress(Empty):
        while task := tasks.get_nowait():
            task.future.cancel()


def call_each(call: Callable[[A], T], arguments: Sequence[A], executor: Executor) -> Iterator[T]:
    """The result of `call` for each argument, in order.

    If a worker dies of a task, this process does that task itself.
    """
    promises = [executor.submit(call, argument) for argument in arguments]
    try:
        for argument, promise in zip(arguments, promises, strict=True):
            try:
                yield promise.result()
            except BrokenExecutor:
                logger.warning("a worker died; its work is done again without one")
                yield call(argument)
    finally:
        for promise in promises:
            promise.cancel()


def _count_processors() -> int:
    """The processors that this process may use, if the system says, or else all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
