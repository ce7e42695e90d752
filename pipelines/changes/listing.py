"""The listing: how the raw files look now, a bucket at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.changes.buckets import count_bits
from pipelines.changes.chunks import Chunks
from pipelines.sources.source import RawFile

LISTING_SCHEMA: Final = pl.Schema(
    {
        "source_path": pl.String(),
        "size_bytes": pl.Int64(),
        "modified_ns": pl.Int64(),
        "identity": pl.String(),
        "ignored_because": pl.String(),
    }
)
"""The columns of a listing: one row per `RawFile`."""

PAGE_FILES: Final = 5_000
"""Files that are in memory as objects, which take three times as much as rows. Of more, the caches
of the processor are too small."""


class Listing(Chunks):
    """How the raw files look now: a row of `LISTING_SCHEMA` for each."""

    def __init__(self, files: Iterable[RawFile], folder: Path | None = None) -> None:
        """List `files`. If there are many, rows are spilled into `folder`, if one is given."""
        super().__init__(_frame_pages(iter(files)), LISTING_SCHEMA, folder)

    @property
    def bits(self) -> int:
        """How many leading bits of a hash choose the bucket of a file; 0 if there is one bucket."""
        return count_bits(self.count)


def _frame_pages(files: Iterator[RawFile]) -> Iterator[pl.DataFrame]:
    while page := list(islice(files, PAGE_FILES)):
        yield pl.DataFrame(page, schema=LISTING_SCHEMA, orient="row")
