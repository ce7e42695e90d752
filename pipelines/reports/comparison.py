"""A comparison of two snapshots: how many rows differ, and line by line how."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import polars as pl

from pipelines.reports.cell_changes import list_cells
from pipelines.reports.secrets import find_secrets
from pipelines.sources.globs import match_glob
from pipelines.values.parts import find_month
from pipelines.warehouse.difference import TableDifference, Tally
from pipelines.warehouse.matching import list_differing, match_rows
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.registry import load_tables


class Choice(NamedTuple):
    """Which rows are compared: all by default.

    With `months`, those of tables that have months. `path` is a path, or a glob over paths.
    """

    table: str | None = None
    months: tuple[str, ...] = ()
    path: str | None = None

    def is_wanted(self, path: str) -> bool:
        """Whether the rows of this file are compared. Its name may look like a glob."""
        return self.path is None or path == self.path or match_glob(self.path, path)


EVERYTHING: Final = Choice()


@dataclass
class Comparison:
    """`old` compared with `new`; with nothing if `old` is None. `counts` are known at the end."""

    old: Snapshot | None
    new: Snapshot
    choice: Choice = EVERYTHING
    counts: list[TableDifference] = field(default_factory=list)

    def count(self) -> list[TableDifference]:
        """How many rows of each table differ."""
        for _ in self.list_lines(0):
            pass
        return self.counts

    def list_lines(self, limit: int | None = None) -> Iterator[pl.DataFrame]:
        """Lines as `CELL_TYPES` describes them, table by table, some at a time.

        Of each table, at most `limit` lines of changed, of added and of removed rows.
        """
        secrets = find_secrets(self.old.manifest if self.old else None, self.new.manifest)
        self.counts.clear()
        for name, table in load_tables().items():
            if not self._is_compared(name):
                continue
            partitions = self._list_partitions(name)
            tally = Tally(table)
            room = _Room(limit)
            is_wanted = self.choice.is_wanted if self.choice.path else None
            for match in match_rows(name, self.old, self.new, partitions, is_wanted):
                difference = tally.add(match)
                if limit != 0:
                    yield room.cut(list_cells(match, difference, table, secrets, limit))
            self.counts.append(tally.count(partitions))

    def _is_compared(self, name: str) -> bool:
        if self.choice.table not in (None, name):
            return False
        if self.choice.months and not load_tables()[name].is_partitioned:
            return False
        both = [each for each in (self.old, self.new) if each]
        return all(name in each.manifest.tables for each in both)

    def _list_partitions(self, name: str) -> list[str]:
        months = self.choice.months
        differing = list_differing(name, self.old, self.new)
        return [key for key in differing if not months or find_month(key) in months]


class _Room:
    """How many lines of each kind may still be shown."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._shown: Counter[str] = Counter()

    def cut(self, lines: pl.DataFrame) -> pl.DataFrame:
        if self._limit is None:
            return lines
        before = pl.col("change").replace_strict(
            dict(self._shown), default=0, return_dtype=pl.Int64
        )
        place = pl.int_range(pl.len()).over("change") + before
        kept = lines.filter(place < self._limit)
        self._shown.update(dict(kept["change"].value_counts().iter_rows()))
        return kept
