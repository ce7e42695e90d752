"""Chunks: rows of many files, which are read a bucket at a time."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from pipelines.changes.buckets import find_bits, find_range, hash_paths
from pipelines.warehouse.spill import read_slice, spill_rows

CHUNK_FILES: Final = 100_000
"""Files whose rows are in memory, some 12 to 25 MB. If there are more, they are spilled."""


class Chunks:
    """Rows with a `source_path`. They lie in chunks, each in order of the hashes of the paths."""

    def __init__(
        self, pages: Iterable[pl.DataFrame], schema: pl.Schema, folder: Path | None
    ) -> None:
        """Take all rows of `pages`. If there are many, they are spilled into `folder`.

        Without a folder all rows stay in memory.
        """
        self.count = 0
        self._schema = schema
        self._chunks: list[_Chunk] = []
        held: list[pl.DataFrame] = []
        for page in pages:
            if sum(each.height for each in held) >= CHUNK_FILES:
                self._chunks.append(_Chunk(pl.concat(held)).sort().spill(folder))
                held = []
            held.append(page)
            self.count += page.height
        if held:
            self._chunks.append(_Chunk(pl.concat(held)))

    def read(self, bucket: str) -> pl.DataFrame:
        """The rows of `bucket`, in order of their paths."""
        if find_bits([bucket]):
            self._chunks = [chunk.sort() for chunk in self._chunks]
        found = [chunk.read(bucket) for chunk in self._chunks]
        return pl.concat([self._schema.to_frame(), *found]).sort("source_path")


class _Chunk(NamedTuple):
    """Some rows, in memory or at a path. `hashes` are those of their paths, in order.

    They are None as long as nobody asked for a bucket.
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
