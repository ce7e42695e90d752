"""Worker processes: how they start, end, and are replaced when one dies.

Nothing heavy is imported here, so workers can start while this process still loads its libraries.
"""

import gc
import logging
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from threading import Thread, current_thread, main_thread
from typing import Any, TypeVar

from pipelines.errors import PipelineError
from pipelines.processes.streams import silence

logger = logging.getLogger(__name__)

A = TypeVar("A")
T = TypeVar("T")


class Workers(Executor):
    """Worker processes, one per processor by default. They start with their first task."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count or _count_processors()
        self._pool: Executor | None = None

    def warm_up(self, load: Callable[[], None]) -> None:
        """Start every worker now, with `load` as its first task."""
        for _ in range(self.count):
            self.submit(load)

    def submit(self, call: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Give a task to a worker.

        Raises:
            PipelineError: The system has no room for the workers, or for their shared memory.
        """
        try:
            with _ignoring_signals():
                try:
                    return self._open().submit(call, *args, **kwargs)
                except BrokenExecutor:
                    # A worker died of an earlier task, and that task's future reports it. New
                    # workers take this one.
                    self.shutdown(wait=False)
                    return self._open().submit(call, *args, **kwargs)
        except OSError as error:
            raise PipelineError(
                f"workers cannot be started: {error}; they need processes, a working directory "
                "and /dev/shm"
            ) from error

    def _open(self) -> Executor:
        self._pool = self._pool or _open_pool(self.count)
        return self._pool

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers. The next task would start new ones."""
        if self._pool:
            self._pool.shutdown(wait, cancel_futures=cancel_futures)
            self._pool = None


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


def _open_pool(count: int) -> Executor:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # A forked process would inherit the locks of Polars' threads, and hang.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(count, mp_context=context, initializer=_begin_worker)


@contextmanager
def _ignoring_signals() -> Iterator[None]:
    """Processes that start here ignore Ctrl-C and hang-up.

    The terminal sends both to every process. The parent handles them and ends its workers.
    """
    if current_thread() is not main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _begin_worker() -> None:
    """Set up a worker before it loads anything."""
    # A worker holds many live rows. By default Python would search them for garbage all the time.
    gc.set_threshold(50_000)
    # There is a worker for every processor already.
    os.environ["POLARS_MAX_THREADS"] = "1"
    # The system allocator gives memory back after use. Arrow's own keeps it.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    Thread(target=_end_with_parent, daemon=True).start()
    # rapidyaml writes its errors to standard error, although its caller handles them.
    silence(2)


def _end_with_parent() -> None:
    """End when the parent ends: the next run needs the staging folder and the processors."""
    from multiprocessing import parent_process

    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
