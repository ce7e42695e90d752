"""Differences: where a listing differs from the ledger, in all buckets."""

from collections.abc import Iterable, Iterator
from heapq import merge
from pathlib import Path
from typing import Final, TypeAlias

import polars as pl

from pipelines.changes.buckets import find_bits
from pipelines.changes.comparison import Comparison
from pipelines.changes.file_changes import NAMED_FILES
from pipelines.warehouse.spill import read_slice, spill_rows

HELD_FILES: Final = 10_000
"""Suspects of a bucket that stay in memory. If there are more, and other buckets, all of them are
spilled."""
PAGE_FILES: Final = 1_000
"""Suspects of each bucket that are read at once to list all in order."""

Suspect: TypeAlias = tuple[str, int, str | None]
"""The path of a file to read, its size and its known hash."""


class Differences:
    """The comparisons of all buckets in which something changed.

    `count` and `size_bytes` are those of their suspects, `buckets` their names. `waiting` files are
    not among them; `first_waiting` are the paths of the first.
    """

    def __init__(self, comparisons: Iterable[tuple[str, Comparison]], folder: Path) -> None:
        """Take the comparisons of buckets. Many suspects are spilled into `folder`."""
        self.count = self.size_bytes = self.waiting = 0
        self.buckets: list[str] = []
        self.first_waiting: list[str] = []
        self._comparisons: dict[str, Comparison] = {}
        self._spilled: dict[str, Path] = {}
        for bucket, comparison in comparisons:
            if comparison.waiting.height:
                self._note_waiting(comparison.waiting["source_path"])
                self._comparisons[bucket] = comparison
            if comparison.is_empty:
                continue
            self.buckets.append(bucket)
            suspects = comparison.suspects
            self.count += suspects.height
            self.size_bytes += int(suspects["size_bytes"].sum())
            if suspects.height > HELD_FILES and find_bits([bucket]):
                self._spilled[bucket] = spill_rows(suspects, folder)
                comparison = comparison._replace(suspects=suspects.clear())
            self._comparisons[bucket] = comparison

    def _note_waiting(self, source_paths: pl.Series) -> None:
        self.waiting += len(source_paths)
        self.first_waiting = sorted([*self.first_waiting, *source_paths.head(NAMED_FILES)])
        del self.first_waiting[NAMED_FILES:]

    def read(self, bucket: str) -> Comparison:
        """The comparison of `bucket`, which is empty if nothing differs there."""
        comparison = self._comparisons.get(bucket, Comparison.nothing())
        if bucket in self._spilled:
            return comparison._replace(suspects=read_slice(self._spilled[bucket], 0, None))
        return comparison

    def list_suspects(self) -> Iterator[Suspect]:
        """The files to read, in order of their paths."""
        held = (each.suspects.iter_rows() for each in self._comparisons.values())
        return merge(*held, *map(_read_pages, self._spilled.values()))


def _read_pages(path: Path) -> Iterator[Suspect]:
    start = 0
    while rows := read_slice(path, start, PAGE_FILES).rows():
        yield from rows
        start += PAGE_FILES
