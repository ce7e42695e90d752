"""The listing: how the raw files look now, a bucket at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from pipelines.changes.buckets import count_bits, find_range, hash_paths
from pipelines.sources.source import RawFile
from pipelines.warehouse.spill import read_slice, spill_rows

LISTING_TYPES: Final = {
    "source_path": pl.String,
    "size_bytes": pl.Int64,
    "modified_ns": pl.Int64,
    "identity": pl.String,
    "ignored_because": pl.String,
}
"""The columns of a listing: one row per `RawFile`."""

PAGE_FILES: Final = 5_000
"""Files that are in memory as objects, which take three times as much as rows. Of more, the caches
of the processor are too small."""
CHUNK_FILES: Final = 200_000
"""Files that are in memory as rows, some 25 MB. If there are more, their rows are spilled."""


class Listing:
    """How the raw files look now. The rows lie in chunks, each in order of the hashes of paths."""

    def __init__(self, files: Iterable[RawFile], folder: Path | None = None) -> None:
        """List `files`. If there are many, rows are spilled into `folder`, if one is given."""
        self.count = 0
        self._chunks: list[_Chunk] = []
        for rows in _frame_chunks(files):
            self._chunks = [chunk.sort().spill(folder) for chunk in self._chunks]
            self._chunks.append(_Chunk(rows))
            self.count += rows.height
        if self.bits:
            self._chunks = [chunk.sort() for chunk in self._chunks]

    @property
    def bits(self) -> int:
        """How many leading bits of a hash choose the bucket of a file; 0 if there is one bucket."""
        return count_bits(self.count)

    def read(self, bucket: str) -> pl.DataFrame:
        """The files of `bucket`, in order of their paths."""
        found = [chunk.read(bucket) for chunk in self._chunks]
        return pl.concat([pl.DataFrame(schema=LISTING_TYPES), *found]).sort("source_path")


class _Chunk(NamedTuple):
    """Some rows of a listing, in memory or at a path. `hashes` are those of their paths, in order.

    They are None as long as the rows are not in that order: all of them are of one bucket then.
    """

    rows: pl.DataFrame | Path
    hashes: pl.Series | None = None

    def sort(self) -> "_Chunk":
        if isinstance(self.rows, Path) or self.hashes is not None:
            return self
        hashes = hash_paths(self.rows["source_path"]).alias("_hash")
        in_order = self.rows.with_columns(hashes).sort("_hash")
        return _Chunk(in_order.drop("_hash"), in_order["_hash"])

    def spill(self, folder: Path | None) -> "_Chunk":
        if isinstance(self.rows, Path) or folder is None:
            return self
        return self._replace(rows=spill_rows(self.rows, folder))

    def read(self, bucket: str) -> pl.DataFrame:
        start, count = 0, None
        if self.hashes is not None:
            first, last = find_range(bucket)
            start = int(self.hashes.search_sorted(first, "left"))
            count = int(self.hashes.search_sorted(last, "right")) - start
        if isinstance(self.rows, Path):
            return read_slice(self.rows, start, count)
        return self.rows.slice(start, count)


def _frame_chunks(files: Iterable[RawFile]) -> Iterator[pl.DataFrame]:
    found = iter(files)
    while pages := list(_frame_pages(islice(found, CHUNK_FILES))):
        yield pl.concat(pages)


def _frame_pages(files: Iterator[RawFile]) -> Iterator[pl.DataFrame]:
    while page := list(islice(files, PAGE_FILES)):
        yield pl.DataFrame(page, schema=LISTING_TYPES, orient="row")
