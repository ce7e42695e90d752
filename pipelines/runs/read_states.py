"""Reading states: workers parse versions of files, and note what the articles were like."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.documents.batches import (
    BATCH_BYTES,
    BATCH_FILES,
    finish_batches,
    load_parsers,
    start_batches,
)
from pipelines.documents.fences import LFS_REASON
from pipelines.documents.parsed import Batch, Parsed, ToParse
from pipelines.errors import GitError
from pipelines.mapping.post_mapping import PostMapping
from pipelines.runs.file_versions import Versions
from pipelines.runs.progress import OnProgress
from pipelines.sources.git_blobs import GitBlobs, list_sizes
from pipelines.sources.source import MAX_FILE_BYTES, Contents, RawContent
from pipelines.values.groups import split_by_size
from schemas.language.archive import Archive

STEP: Final = "versions"


@dataclass
class States:
    """The states of all versions that are valid articles, and what became of the others.

    `rows` are as `build_states` makes them. `counts` are numbers of versions: those `rejected` or
    `ignored`, those `in_lfs`, of which the repository has only a pointer, those that are
    `too_large`, and those `lacking` there.
    """

    rows: pl.DataFrame
    counts: Counter[str] = field(default_factory=Counter)


class _Version(NamedTuple):
    """A version of a file, of which the blob has this size."""

    path: str
    blob: str
    size: int


def read_states(
    source: GitBlobs,
    versions: Versions,
    archive: Archive,
    mapping: PostMapping,
    scratch: Path,
    executor: Executor,
    on_progress: OnProgress,
) -> States:
    """Parse each version of each file once, in workers."""
    from pipelines.tables.states import STATE_TYPES

    counts: Counter[str] = Counter()
    readable = list(_list_readable(source, versions, counts))
    groups = split_by_size(
        readable, (version.size for version in readable), BATCH_BYTES, BATCH_FILES
    )
    batches = (
        Batch(
            source,
            archive,
            mapping,
            [ToParse(path, None, blob) for path, blob, _ in group],
            scratch,
        )
        for group in groups
    )
    found = [STATE_TYPES.to_frame()]
    done = 0
    for finished in finish_batches(start_batches(batches, executor, parse_states)):
        for parsed in finished.parsed:
            _check_readable(parsed, source)
            counts.update(_take(parsed.ledger).select(_name_outcome()).to_series())
            if parsed.documents:
                found.append(_take(parsed.documents))
        done += finished.files
        on_progress(STEP, done, len(readable))
    rows = pl.concat(found)
    counts["rejected"] = done - rows.height - counts["ignored"] - counts["in_lfs"]
    return States(rows, counts)


def load_states() -> None:
    """Import what `parse_states` needs. Workers do this while they wait for their first batch."""
    load_parsers()
    import pipelines.tables.states  # noqa: F401


def parse_states(batch: Batch, *, use_rapidyaml: bool) -> Parsed:
    """What a worker does: the states of the versions of `batch`, in place of their documents."""
    from pipelines.documents.batch import read_batch
    from pipelines.documents.rows import write_arrow
    from pipelines.tables.states import build_states

    noting = _Noting(batch.source)
    outcome, documents = read_batch(batch._replace(source=noting), use_rapidyaml=use_rapidyaml)
    versions = [noting.places[document.content.sha256] for document in documents]
    states = build_states(documents, versions, batch.mapping)
    parsed = outcome.write([], batch.folder)
    if states.is_empty():
        return parsed
    rows = states.to_arrow(compat_level=pl.CompatLevel.oldest())
    return parsed._replace(documents=write_arrow(rows, batch.folder))


def _check_readable(parsed: Parsed, source: GitBlobs) -> None:
    if parsed.unreadable.count:
        path, _ = parsed.unreadable.first[0]
        raise GitError(
            f"{source.repository}: a version of {path!r} cannot be read; `git fsck` says more"
        )


def _name_outcome() -> pl.Expr:
    """What became of a version that is no document."""
    in_lfs = pl.col("reason") == LFS_REASON
    return pl.when(in_lfs).then(pl.lit("in_lfs")).otherwise("status").alias("outcome")


def _take(path: Path) -> pl.DataFrame:
    with pa.memory_map(str(path)) as file:
        return pl.DataFrame(pa.ipc.open_file(file).read_all())


class _Noting:
    """Contents that remember at which place each was read, by its hash."""

    def __init__(self, contents: Contents) -> None:
        self.places: dict[str, str] = {}
        self._contents = contents

    def find_archive(self, source_path: str) -> str | None:
        return self._contents.find_archive(source_path)

    def read(self, place: str, /) -> RawContent:
        content = self._contents.read(place)
        self.places[content.sha256] = place
        return content


def _list_readable(
    source: GitBlobs, versions: Versions, counts: Counter[str]
) -> Iterator[_Version]:
    """Each version of each file that can be parsed. The others are counted."""
    distinct = versions.list_distinct()
    used = distinct["blob"].unique(maintain_order=True).to_list()
    sizes = dict(
        zip(used, list_sizes(source.repository, (versions.blobs[n] for n in used)), strict=True)
    )
    for path, blob in distinct.iter_rows():
        size = sizes[blob]
        if size is None:
            counts["lacking"] += 1
        elif size > MAX_FILE_BYTES:
            counts["too_large"] += 1
        else:
            yield _Version(versions.paths[path], versions.blobs[blob], size)
