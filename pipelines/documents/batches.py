"""Batches: raw files are parsed by workers, many at a time, even if a file kills its worker.

Nothing heavy is imported here, so workers can start while this process still loads its libraries.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from pipelines.documents.parsed import Parsed, ToParse
from pipelines.errors import PipelineError
from pipelines.processes.workers import Workers, split_by_size

logger = logging.getLogger(__name__)

BATCH_BYTES: Final = 8 * 1024 * 1024
BATCH_FILES: Final = 1_000
"""The size of a batch: it bounds a worker's memory, and is the step of the progress bar."""
SMALL_BYTES: Final = 512 * 1024
"""This process parses as much as this sooner than a worker starts."""


class Parse(Protocol):
    """What a worker does: `pipelines.documents.batch.parse_batch`."""

    def __call__(
        self, root: Path, batch: Sequence[ToParse], folder: Path, name: str, *, is_quick: bool
    ) -> Parsed: ...


class Batch(NamedTuple):
    """Files that are parsed together.

    `promise` is the future of the worker that parses them; None if this process does it.
    """

    root: Path
    files: list[ToParse]
    folder: Path
    name: str
    parse: Parse
    promise: Future[Parsed] | None


def load_parsers() -> None:
    """Import what `parse` needs. Workers do this while they wait for their first batch."""
    import pipelines.documents.batch
    import pipelines.documents.simple_yaml  # noqa: F401


def parse(
    root: Path, batch: Sequence[ToParse], folder: Path, name: str, *, is_quick: bool
) -> Parsed:
    """Call `parse_batch`, which is imported only where it is needed."""
    from pipelines.documents.batch import parse_batch

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


def finish_batches(batches: Sequence[Batch], executor: Executor) -> Iterator[Parsed]:
    """The outcome of each batch, in order, even if a worker died of one of its files."""
    waiting = list(batches)
    while waiting:
        batch = waiting.pop(0)
        try:
            yield _finish_batch(batch)
        except BrokenExecutor:
            first, count = batch.files[0].source_path, len(batch.files)
            logger.warning("a worker died; parsing %d files from %r on again", count, first)
            # All workers end when one dies. The files of the others are most likely harmless.
            waiting = [_start_again(each, executor) for each in waiting]
            yield _parse_again(batch)


def _finish_batch(batch: Batch) -> Parsed:
    if batch.promise is None:
        # Loading the quick parser would take longer than it saves.
        return batch.parse(batch.root, batch.files, batch.folder, batch.name, is_quick=False)
    return batch.promise.result()


def _start_again(batch: Batch, executor: Executor) -> Batch:
    """`batch`, submitted again if it was lost with the workers."""
    promise = batch.promise
    if promise and promise.done() and isinstance(promise.exception(), BrokenExecutor):
        promise = _submit(executor, batch, is_quick=True)
    return batch._replace(promise=promise)


def _parse_again(batch: Batch) -> Parsed:
    """Find the file that kills the worker by halving the batch. Only that file goes to libyaml."""
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
        raise PipelineError("workers crash before reading any file: check memory and limits")
    # %r: a file name may hold control characters, which a terminal would obey.
    logger.warning("%r: a worker died of it", batch.files[0].source_path)
    if parsed is not None:
        return parsed
    from pipelines.documents.batch import reject_deadly

    return reject_deadly(batch.root, batch.files[0].source_path)


def _parse_alone(batch: Batch, *, is_quick: bool) -> Parsed | None:
    """Parse `batch` in a worker of its own; None if that worker dies."""
    with Workers(1) as worker:
        try:
            return _submit(worker, batch, is_quick=is_quick).result()
        except BrokenExecutor:
            return None


def _submit(executor: Executor, batch: Batch, *, is_quick: bool) -> Future[Parsed]:
    return executor.submit(
        batch.parse, batch.root, batch.files, batch.folder, batch.name, is_quick=is_quick
    )
