"""A worker: a process that does one task after another. Here are both ends of the pipe to it.

Nothing heavy is imported here, so workers can start while this process still loads its libraries.
"""

import gc
import os
import pickle
import signal
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from threading import Thread
from traceback import format_exc
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pipelines.errors import PipelineError
from pipelines.processes.memory import give_memory_back
from pipelines.processes.streams import silence

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

TERMINAL_SIGNALS: Final = (signal.SIGINT, signal.SIGHUP)
"""Ctrl-C and hang-up. The terminal sends them to every process. The parent handles both and ends
its workers."""
SECONDS_TO_DIE: Final = 5.0
"""A killed process may have to wait for its disk. Nobody waits longer for it."""


class Call(NamedTuple):
    """A function and its arguments."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    options: dict[str, Any]


class Worker:
    """A worker process, and this end of the pipe to it.

    Only the worker has the other end. If it dies, the pipe ends at once, even within a message.

    Raises:
        PipelineError: The system has no room for another process.
    """

    def __init__(self) -> None:
        from multiprocessing import get_context, resource_tracker

        # A forked process would inherit the locks of Polars' threads, and hang.
        context = get_context("spawn")
        try:
            self._pipe, other_end = context.Pipe()
            self._process = context.Process(target=_work, args=(other_end,), daemon=True)
            with other_end:
                # It unblocks signals when it starts, so it starts first.
                resource_tracker.ensure_running()
                # The worker inherits this, and is safe before it can ignore them. The thread that
                # waits for it needs no signals either.
                signal.pthread_sigmask(signal.SIG_BLOCK, TERMINAL_SIGNALS)
                self._process.start()
        except OSError as error:
            raise cannot_start(error) from error

    def is_lost(self) -> bool:
        """Whether the worker died, or closed its pipe, since its last task."""
        # It says nothing unasked, so all that can be there to read is the end of the pipe.
        return self._pipe.closed or self._pipe.poll()

    def do(self, call: Call) -> Any:
        """What `call` returns, or raises, in the worker.

        Raises:
            BrokenExecutor: The worker died, or its answer does not fit into memory.
        """
        message = pickle.dumps(call)
        try:
            self._pipe.send_bytes(message)
            answer = self._pipe.recv_bytes()
        except (EOFError, OSError, MemoryError) as error:
            self.kill()
            raise BrokenExecutor(f"a worker died, exit code {self._process.exitcode}") from error
        is_done, outcome = pickle.loads(answer)
        if not is_done:
            raise outcome
        return outcome

    def kill(self) -> None:
        """End the worker whatever it does."""
        self._pipe.close()
        self._process.kill()
        self._process.join(SECONDS_TO_DIE)

    def end(self) -> None:
        """End the worker, which has nothing to do."""
        self._pipe.close()
        self._process.join()


def cannot_start(error: Exception) -> PipelineError:
    """What to raise if the system starts no process or thread."""
    return PipelineError(
        f"workers cannot be started: {error}; they need processes and a working directory"
    )


def _work(pipe: "Connection") -> None:
    """Answer every call that comes through `pipe`, until it ends."""
    _begin_worker()
    with suppress(EOFError, OSError):
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes()))


def _answer(message: bytes) -> bytes:
    try:
        function, arguments, options = pickle.loads(message)
        return pickle.dumps((True, function(*arguments, **options)))
    except BaseException as error:  # noqa: BLE001  # The caller handles it.
        error.add_note(f"\nIn a worker:\n{format_exc()}")
        try:
            return pickle.dumps((False, error))
        except Exception:  # noqa: BLE001  # An error may hold anything.
            return pickle.dumps((False, RuntimeError(format_exc())))


def _begin_worker() -> None:
    """Set up a worker before it loads anything."""
    for number in TERMINAL_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    # A worker holds many live rows. By default Python would search them for garbage all the time.
    gc.set_threshold(50_000)
    # There is a worker for every processor already.
    os.environ["POLARS_MAX_THREADS"] = "1"
    # The system allocator gives memory back after use. Arrow's own keeps it.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    give_memory_back()
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
