"""The difference of two snapshots: how many rows of each table are new, gone or other ones."""

from collections import Counter
from typing import NamedTuple

from pipelines.warehouse.matching import (
    Difference,
    Match,
    compare_pairs,
)
from schemas.language.table import Table


class TableDifference(NamedTuple):
    """How many rows of a table were added or removed, or are the same with other values.

    `columns` counts the changed rows by column. `moved` are the rows of which only the place or the
    time is another one; they do not count as changed.
    """

    table: str
    added: int
    removed: int
    changed: int
    partitions: list[str]
    moved: int
    columns: dict[str, int]


class Tally:
    """Counts how the rows of a table differ, some pairs at a time."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._counts: Counter[str] = Counter()
        self._columns: Counter[str] = Counter()

    def add(self, match: Match) -> Difference:
        """Count the rows of `match`. Returns how its pairs differ."""
        difference = compare_pairs(match, self.table)
        self._counts["added"] += match.added.height
        self._counts["removed"] += match.removed.height
        self._counts["changed"] += int(difference.is_changed.sum())
        self._counts["moved"] += int(difference.is_moved.sum())
        for column, differs in difference.columns.items():
            self._columns[column] += int(differs.sum())
        return difference

    def count(self, partitions: list[str]) -> TableDifference:
        """All that was counted. `partitions` are those that were compared."""
        kinds = {kind: self._counts[kind] for kind in ("added", "removed", "changed", "moved")}
        columns = dict(self._columns.most_common())
        return TableDifference(self.table.name, **kinds, partitions=partitions, columns=columns)
