"""Batches: workers parse the raw files, many at a time, even if a file kills its worker.

Nothing heavy is imported here, so workers can start while this process still loads its libraries.
"""

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from itertools import islice, tee
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from pipelines.documents.parsed import Batch, Parsed, ToParse
from pipelines.errors import PipelineError
from pipelines.mapping.post_mapping import PostMapping
from pipelines.processes.workers import Workers
from pipelines.sources.source import Source
from pipelines.values.groups import split_by_size
from schemas.language.archive import Archive

logger = logging.getLogger(__name__)

BATCH_BYTES: Final = 8 * 1024 * 1024
BATCH_FILES: Final = 1_000
"""The size of a batch: it bounds the memory of a worker, and is the step of the progress bar."""
STARTED_BATCHES: Final = 64
"""Batches that workers have or wait for. Those of ten million files would not fit into memory."""


class Parse(Protocol):
    """What a worker does: `pipelines.documents.batch.parse_batch`."""

    def __call__(self, batch: Batch, *, use_rapidyaml: bool) -> Parsed: ...


class Promise(NamedTuple):
    """A batch, and the future of the worker that parses it; None if this process does."""

    batch: Batch
    parse: Parse
    future: Future[Parsed] | None


class Finished(NamedTuple):
    """What became of a batch, and how many files it had."""

    parsed: list[Parsed]
    files: int


def load_parsers() -> None:
    """Import what `parse` needs. Workers do this while they wait for their first batch."""
    import pipelines.documents.batch
    import pipelines.documents.simple_yaml  # noqa: F401


def parse(batch: Batch, *, use_rapidyaml: bool) -> Parsed:
    """Call `parse_batch`, which is imported only where it is needed."""
    from pipelines.documents.batch import parse_batch

    return parse_batch(batch, use_rapidyaml=use_rapidyaml)


def split_batches(
    source: Source,
    archive: Archive,
    mapping: PostMapping,
    suspects: Iterable[tuple[str, int, str | None]],
    folder: Path,
) -> Iterator[Batch]:
    """The files to be read (path, size, known hash) in batches."""
    files, sizes = tee(suspects)
    groups = split_by_size(
        (ToParse(source_path, sha256) for source_path, _, sha256 in files),
        (size for _, size, _ in sizes),
        BATCH_BYTES,
        BATCH_FILES,
    )
    return (Batch(source, archive, mapping, group, folder) for group in groups)


def start_batches(
    batches: Iterable[Batch], executor: Executor | None, parse: Parse = parse
) -> Iterator[Promise]:
    """Give the first batches to the workers. The others follow as promises are taken.

    Without an `executor` all wait for this process.
    """
    promises = (_start_batch(batch, executor, parse) for batch in batches)
    started = deque(islice(promises, STARTED_BATCHES))
    return _take_promises(started, promises)


def _start_batch(batch: Batch, executor: Executor | None, parse: Parse) -> Promise:
    future = executor.submit(parse, batch, use_rapidyaml=True) if executor else None
    return Promise(batch, parse, future)


def _take_promises(started: deque[Promise], others: Iterator[Promise]) -> Iterator[Promise]:
    while started:
        yield started.popleft()
        started.extend(islice(others, 1))


def finish_batches(promises: Iterable[Promise]) -> Iterator[Finished]:
    """The outcome of each batch, in order, even if a worker died of one of its files."""
    for promise in promises:
        yield Finished(_finish_batch(promise), len(promise.batch.files))


def _finish_batch(promise: Promise) -> list[Parsed]:
    try:
        return [_wait_for(promise)]
    except BrokenExecutor:
        files = promise.batch.files
        logger.warning(
            "a worker died; parsing %d files from %r on again", len(files), files[0].source_path
        )
        return _parse_again(promise.batch, promise.parse)


def _wait_for(promise: Promise) -> Parsed:
    if promise.future is None:
        # Loading the quick parser would take longer than it saves.
        return promise.parse(promise.batch, use_rapidyaml=False)
    return promise.future.result()


def _parse_again(batch: Batch, parse: Parse) -> list[Parsed]:
    """Find the file that kills the worker by halving the batch. Only that file goes to libyaml."""
    parsed = _parse_alone(batch, parse, use_rapidyaml=True)
    if parsed is not None:
        return [parsed]
    if len(batch.files) > 1:
        half = len(batch.files) // 2
        halves = (batch.files[:half], batch.files[half:])
        return [
            found for files in halves for found in _parse_again(batch._replace(files=files), parse)
        ]
    parsed = _parse_alone(batch, parse, use_rapidyaml=False)
    nothing = batch._replace(files=[])
    if parsed is None and _parse_alone(nothing, parse, use_rapidyaml=False) is None:
        raise PipelineError("workers crash before reading any file: check memory and limits")
    # %r: a file name may hold control characters, which a terminal would obey.
    logger.warning("%r: a worker died of it", batch.files[0].source_path)
    if parsed is not None:
        return [parsed]
    from pipelines.documents.batch import reject_deadly

    return [reject_deadly(batch)]


def _parse_alone(batch: Batch, parse: Parse, *, use_rapidyaml: bool) -> Parsed | None:
    """Parse `batch` in a worker of its own; None if that worker dies."""
    with Workers(1) as worker:
        try:
            return worker.submit(parse, batch, use_rapidyaml=use_rapidyaml).result()
        except BrokenExecutor:
            return None
