"""Workers: processes that parse raw files or make months anew, and what becomes of one that dies.

Nothing heavy is imported here, so that workers are busy while this process loads what it needs.
"""

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from pathlib import Path
from threading import Thread, current_thread, main_thread
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from pipelines.errors import PipelineError
from pipelines.parsed import Parsed, ToParse
from pipelines.streams import silence

logger = logging.getLogger(__name__)

A = TypeVar("A")
T = TypeVar("T")

BATCH_BYTES: Final = 8 * 1024 * 1024
BATCH_FILES: Final = 1_000
"""What a worker takes at once: bounds its memory, and is the grain of the progress bar."""
SMALL_BYTES: Final = 512 * 1024
"""Up to so much, this process has parsed sooner than a worker has started."""


class Parse(Protocol):
    """What a worker does: `pipelines.parsing.parse_batch`."""

    def __call__(
        self, root: Path, batch: Sequence[ToParse], folder: Path, name: str, *, is_quick: bool
    ) -> Parsed: ...


class Batch(NamedTuple):
    """Files that are parsed at once; `promise` is a worker's, null if this process is to do it."""

    root: Path
    files: list[ToParse]
    folder: Path
    name: str
    parse: Parse
    promise: Future[Parsed] | None


class Workers(Executor):
    """Processes, one per processor by default; they start with their first work."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count or _count_processors()
        self._pool: Executor | None = None

    def start(self) -> None:
        """Have them load their parsers already."""
        for _ in range(self.count):
            self.submit(_load_parsers)

    def submit(self, call: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Have a worker do it.

        Raises:
            PipelineError: The system has no room for the workers, or for what they share.
        """
        try:
            with _deaf_to_interrupts():
                try:
                    return self._open().submit(call, *args, **kwargs)
                except BrokenExecutor:
                    # One died of earlier work, whose promise says so: others take this.
                    self.shutdown(wait=False)
                    return self._open().submit(call, *args, **kwargs)
        except OSError as error:
            raise PipelineError(
                f"workers cannot be started: {error}, expected room for processes, a working "
                "directory and /dev/shm"
            ) from error

    def _open(self) -> Executor:
        self._pool = self._pool or _open_pool(self.count)
        return self._pool

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let them end; the next work would start others."""
        if self._pool:
            self._pool.shutdown(wait, cancel_futures=cancel_futures)
            self._pool = None


def parse(
    root: Path, batch: Sequence[ToParse], folder: Path, name: str, *, is_quick: bool
) -> Parsed:
    """Call `parse_batch`, which is imported only where it is needed."""
    from pipelines.parsing import parse_batch

    return parse_batch(root, batch, folder, name, is_quick=is_quick)


def start_batches(
    root: Path,
    suspects: Sequence[tuple[str, int, str | None]],
    folder: Path,
    executor: Executor,
    parse: Parse = parse,
) -> list[Batch]:
    """Give the files to be read (path, size, known hash) to the workers, in batches."""
    sizes = [size for _, size, _ in suspects]
    is_small = sum(sizes) <= SMALL_BYTES
    files_to_parse = [ToParse(source_path, sha256) for source_path, _, sha256 in suspects]
    started = []
    for number, files in enumerate(split_by_size(files_to_parse, sizes, BATCH_BYTES, BATCH_FILES)):
        batch = Batch(root, files, folder, f"{number:06}", parse, None)
        promise = None if is_small else _submit(executor, batch, is_quick=True)
        started.append(batch._replace(promise=promise))
    return started


def split_by_size(
    items: Iterable[T], sizes: Iterable[int], max_bytes: int, max_items: int = sys.maxsize
) -> Iterator[list[T]]:
    """Groups of neighbours, at most so many and of so many bytes, or of one that alone has more."""
    group: list[T] = []
    group_bytes = 0
    for item, size in zip(items, sizes, strict=True):
        if group and (group_bytes + size > max_bytes or len(group) == max_items):
            yield group
            group, group_bytes = [], 0
        group.append(item)
        group_bytes += size
    if group:
        yield group


def call_each(call: Callable[[A], T], arguments: Sequence[A], executor: Executor) -> Iterator[T]:
    """What `call` makes of each argument, in order; this process does what a worker dies of."""
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


def finish_batches(batches: Sequence[Batch], executor: Executor) -> Iterator[Parsed]:
    """What became of the files of each batch, in order, even if a worker died of one of them."""
    waiting = list(batches)
    while waiting:
        batch = waiting.pop(0)
        try:
            yield _finish_batch(batch)
        except BrokenExecutor:
            first, count = batch.files[0].source_path, len(batch.files)
            logger.warning("a worker died; parsing %d files from %r on again", count, first)
            # All workers end with the one that died; their own files are most likely harmless.
            waiting = [_start_again(each, executor) for each in waiting]
            yield _parse_again(batch)


def _finish_batch(batch: Batch) -> Parsed:
    if batch.promise is None:
        # Too little to load the quick parser for.
        return batch.parse(batch.root, batch.files, batch.folder, batch.name, is_quick=False)
    return batch.promise.result()


def _start_again(batch: Batch, executor: Executor) -> Batch:
    """`batch` as new work, if it was lost with the workers."""
    promise = batch.promise
    if promise and promise.done() and isinstance(promise.exception(), BrokenExecutor):
        promise = _submit(executor, batch, is_quick=True)
    return batch._replace(promise=promise)


def _parse_again(batch: Batch) -> Parsed:
    """Find the file that a worker dies of, and leave it to libyaml; the rest is parsed as ever."""
    parsed = _parse_alone(batch, is_quick=True)
    if parsed is not None:
        return parsed
    if len(batch.files) > 1:
        half = len(batch.files) // 2
        parts = (
            batch._replace(files=batch.files[:half], name=f"{batch.name}0"),
            batch._replace(files=batch.files[half:], name=f"{batch.name}1"),
        )
        parsed = _parse_again(parts[0])
        parsed.extend(_parse_again(parts[1]))
        return parsed
    parsed = _parse_alone(batch, is_quick=False)
    if parsed is None and _parse_alone(batch._replace(files=[]), is_quick=False) is None:
        raise PipelineError("workers die of no file at all: look whether they can start")
    # %r: a name may hold what a terminal obeys.
    logger.warning("%r: a worker died of it", batch.files[0].source_path)
    if parsed is not None:
        return parsed
    from pipelines.parsing import reject_deadly

    return reject_deadly(batch.root, batch.files[0].source_path)


def _parse_alone(batch: Batch, *, is_quick: bool) -> Parsed | None:
    """What a worker that does nothing else makes of `batch`; null if it dies."""
    with _open_pool(1) as executor:
        try:
            return _submit(executor, batch, is_quick=is_quick).result()
        except BrokenExecutor:
            return None


def _submit(executor: Executor, batch: Batch, *, is_quick: bool) -> Future[Parsed]:
    return executor.submit(
        batch.parse, batch.root, batch.files, batch.folder, batch.name, is_quick=is_quick
    )


def _count_processors() -> int:
    """Those that this process may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _open_pool(count: int) -> Executor:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # A forked process would inherit the locks of the threads of Polars, and hang.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(count, mp_context=context, initializer=_begin_worker)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that start here ignore what every process of a terminal is sent.

    That is Ctrl-C, and that it was closed. They end with their parent, which is the one to say so.
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
    # Rows are no garbage, and so many that Python would look for it all the time.
    gc.set_threshold(50_000)
    # There is a worker for every processor already.
    os.environ["POLARS_MAX_THREADS"] = "1"
    # This pool gives back to the system what Arrow is done with; Arrow's own keeps it.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    Thread(target=_end_with_parent, daemon=True).start()
    # rapidyaml writes its errors to standard error, though its caller handles them.
    silence(2)


def _end_with_parent() -> None:
    """Do not outlive the run: the next one shall have staging, and the processors, for itself."""
    from multiprocessing import parent_process

    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _load_parsers() -> None:
    import pipelines.parsing
    import pipelines.simple_yaml  # noqa: F401
