"""Matching: the rows of one table in two snapshots, paired by what they are."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from pipelines.warehouse.snapshot import Snapshot, read_rows, scan_files
from schemas.language.months import PARTITION_KEY
from schemas.language.registry import load_tables
from schemas.language.table import Table

PATH: Final = "_path"
"""The raw file that a row comes from."""
KEY: Final = "_key"
"""What a row is, in words: its file, then what else it is matched by."""
_PARTITION: Final = "_partition"
_ORDINAL: Final = "_ordinal"
_NUMBER: Final = "_number"
_MATCH: Final = "_match"
_SAID: Final = pl.Schema({PATH: pl.String(), KEY: pl.String()})
_PARENT: Final = "articles"
_PARENT_ID: Final = "article_id"

IsWanted = Callable[[str], bool]
"""Whether the rows of a raw file are to be compared."""


class Match(NamedTuple):
    """Some rows of a table. Row n of `before` is row n of `after` in the other snapshot.

    `removed` and `added` have a `PATH` and a `KEY` for each row that only one of them has.
    """

    before: pl.DataFrame
    after: pl.DataFrame
    removed: pl.DataFrame
    added: pl.DataFrame

    @classmethod
    def of_pairs(cls, before: pl.DataFrame, after: pl.DataFrame) -> "Match":
        """A match in which every row has its pair."""
        return cls(before, after, _SAID.to_frame(), _SAID.to_frame())


class Difference(NamedTuple):
    """Which of the pairs of a `Match` changed: by column, and as a whole. Others only moved."""

    columns: dict[str, pl.Series]
    is_changed: pl.Series
    is_moved: pl.Series


def match_rows(
    name: str,
    old: Snapshot | None,
    new: Snapshot,
    partitions: Collection[str],
    is_wanted: IsWanted | None = None,
) -> Iterator[Match]:
    """Pair the rows of the table `name`, a partition at a time. What has no pair comes last.

    Raises:
        DamagedError: A file is damaged.
    """
    if not partitions:
        return
    table = load_tables()[name]
    sides = _Side(old, table, partitions, is_wanted), _Side(new, table, partitions, is_wanted)
    is_matchable = all(side.is_matchable for side in sides)
    on = [_ORDINAL, *(f"{_MATCH}{place}" for place in range(len(table.match)))]
    alone: tuple[list[pl.DataFrame], list[pl.DataFrame]] = ([], [])
    for partition in sorted(partitions):
        before, after = (side.read(partition) for side in sides)
        numbers = _pair(before, after, on) if is_matchable else _NO_NUMBERS
        yield Match.of_pairs(before[numbers.before], after[numbers.after])
        for found, rows, paired in zip(alone, (before, after), numbers, strict=True):
            rest = rows.filter(~pl.col(_NUMBER).is_in(paired.implode()))
            found.append(rest.select(PATH, KEY, _PARTITION, *(on if is_matchable else ())))
    removed, added = (pl.concat(each) if each else _SAID.to_frame() for each in alone)
    if is_matchable and removed.height and added.height:
        elsewhere = removed.join(added, on=on, suffix="_after", nulls_equal=True)
        yield from _pair_elsewhere(sides, elsewhere)
        removed, added = (
            each.join(elsewhere, on=on, how="anti", nulls_equal=True, maintain_order="left")
            for each in (removed, added)
        )
    nothing = pl.DataFrame()
    yield Match(nothing, nothing, removed.select(PATH, KEY), added.select(PATH, KEY))


def compare_pairs(match: Match, table: Table) -> Difference:
    """Find out which of the pairs differ, and in which columns."""
    names = list(dict.fromkeys([*match.after.columns, *match.before.columns]))
    # The month of a partition follows from its rows. Only `files` has a column of this name.
    added = set() if PARTITION_KEY in table.columns else {PARTITION_KEY}
    found = {
        name: _differ(match.before, match.after, name)
        for name in names
        if not name.startswith("_") and name not in added
    }
    nothing = pl.repeat(value=False, n=match.after.height, dtype=pl.Boolean, eager=True)
    is_changed = is_moved = nothing
    columns = {}
    for name, differs in found.items():
        if name in table.incidental:
            is_moved = is_moved | differs
        elif differs.any():
            columns[name] = differs
            is_changed = is_changed | differs
    return Difference(columns, is_changed, is_moved & ~is_changed)


def list_differing(name: str, old: Snapshot | None, new: Snapshot) -> list[str]:
    """The partitions of the table `name` whose bytes differ."""
    before, after = _list_hashes(old, name), _list_hashes(new, name)
    return sorted({partition for partition, _ in before.items() ^ after.items()})


def _list_hashes(snapshot: Snapshot | None, table: str) -> dict[str, str | None]:
    """The hash of every partition that has rows. The others have no file or an empty one."""
    records = snapshot.manifest.tables.get(table, {}) if snapshot else {}
    return {partition: record.sha256 for partition, record in records.items() if record.rows}


@dataclass(frozen=True)
class _Side:
    """One of the two snapshots; None if there is nothing before."""

    snapshot: Snapshot | None
    table: Table
    partitions: Collection[str]
    is_wanted: IsWanted | None

    @cached_property
    def files(self) -> dict[str, Path]:
        if self.snapshot is None or self.table.name not in self.snapshot.manifest.tables:
            return {}
        return self.snapshot.list_files(self.table.name)

    @cached_property
    def parents(self) -> dict[str, Path]:
        if self.snapshot is None or _PARENT_ID not in self.types:
            return {}
        return self.snapshot.list_files(_PARENT)

    @cached_property
    def types(self) -> pl.Schema:
        """The columns of the table here; those of now if it is not there."""
        if self.snapshot is None or not self.files:
            return pl.Schema(self.table.dtypes)
        one = next((each for each in self.partitions if each in self.files), next(iter(self.files)))
        self.snapshot.check_bytes(self.table.name, [one])
        return scan_files([self.files[one]]).collect_schema()

    @property
    def is_matchable(self) -> bool:
        """Whether rows can be matched. Another version may have had other columns."""
        ours = self.table.dtypes
        names = {name for each in self.table.match for name in each.meta.root_names()}
        return all(self.types.get(name) == ours[name] for name in names)

    def read(self, partition: str, wanted: pl.DataFrame | None = None) -> pl.DataFrame:
        """The rows of `partition`, or those `wanted`, with their `PATH`, `KEY` and place."""
        rows = self._read_file(self.table.name, self.files, partition)
        rows = self._add_paths(pl.DataFrame(schema=self.types) if rows is None else rows, partition)
        if self.is_wanted:
            paths = rows[PATH].unique()
            matching = [each for each in paths if self.is_wanted(each)]
            rows = rows.filter(pl.col(PATH).is_in(matching))
        rows = rows.with_columns(_describe_match(self.table, rows.columns))
        matched = [each for each in rows.columns if each.startswith(_MATCH)]
        ordinal = pl.int_range(pl.len(), dtype=pl.UInt32)
        rows = rows.with_columns(
            (ordinal.over(matched) if matched else ordinal).alias(_ORDINAL),
            pl.lit(partition).alias(_PARTITION),
        )
        rows = rows.with_columns(_describe_key(self.table, matched)).with_row_index(_NUMBER)
        if wanted is None:
            return rows
        on = [_ORDINAL, *matched]
        return wanted.select(on).join(
            rows, on=on, how="inner", nulls_equal=True, maintain_order="left"
        )

    def _add_paths(self, rows: pl.DataFrame, partition: str) -> pl.DataFrame:
        if "source_path" in rows.columns or _PARENT_ID not in rows.columns:
            first = "source_path" if "source_path" in rows.columns else rows.columns[0]
            return rows.with_columns(pl.col(first).cast(pl.String).alias(PATH))
        columns = (_PARENT_ID, "source_path")
        # Without months, a table may speak of articles of any month.
        months = [partition] if self.table.is_partitioned else list(self.parents)
        read = (self._read_file(_PARENT, self.parents, month, columns) for month in months)
        known = [each for each in read if each is not None]
        if not known:
            return rows.with_columns(pl.col(_PARENT_ID).alias(PATH))
        named = pl.concat(known).rename({"source_path": PATH})
        joined = rows.join(named, on=_PARENT_ID, how="left", maintain_order="left")
        return joined.with_columns(pl.col(PATH).fill_null(pl.col(_PARENT_ID)))

    def _read_file(
        self, table: str, files: dict[str, Path], partition: str, columns: Sequence[str] = ()
    ) -> pl.DataFrame | None:
        if self.snapshot is None or partition not in files:
            return None
        self.snapshot.check_bytes(table, [partition])
        rows = scan_files([files[partition]])
        return read_rows(rows.select(columns) if columns else rows, files[partition])


def _describe_match(table: Table, columns: Sequence[str]) -> Iterator[pl.Expr]:
    """What the rows are matched by; nothing if a column of it is not there."""
    roots = {name for each in table.match for name in each.meta.root_names()}
    if roots <= set(columns):
        for place, each in enumerate(table.match):
            yield each.cast(pl.String).alias(f"{_MATCH}{place}")


def _describe_key(table: Table, matched: Sequence[str]) -> pl.Expr:
    """The file of a row, then what else it is matched by, except ids, which say the same.

    The second row that is the same, and those behind it, have a number.
    """
    names = [each.meta.output_name() for each in table.match]
    said = [
        place
        for place, name in zip(matched, names, strict=False)
        if name != "source_path" and not name.endswith("_id")
    ]
    number = pl.col(_ORDINAL) + 1
    repeat = pl.when(number > 1).then(pl.format("#{}", number)) if matched else pl.lit(None)
    words = [pl.col(PATH), *map(pl.col, said), repeat.cast(pl.String)]
    return pl.concat_str(words, separator=" ", ignore_nulls=True).alias(KEY)


class _Numbers(NamedTuple):
    """The numbers of the rows that are the same in two frames."""

    before: pl.Series
    after: pl.Series


_NO_NUMBERS: Final = _Numbers(*[pl.Series(dtype=pl.UInt32)] * 2)


def _pair(before: pl.DataFrame, after: pl.DataFrame, on: list[str]) -> _Numbers:
    """Pair rows, in order of `after`."""
    found = after.select(*on, _after=_NUMBER).join(
        before.select(*on, _NUMBER), on=on, nulls_equal=True, maintain_order="left"
    )
    return _Numbers(found[_NUMBER], found["_after"])


def _pair_elsewhere(sides: tuple["_Side", "_Side"], elsewhere: pl.DataFrame) -> Iterator[Match]:
    """The pairs whose rows lie in two partitions: their article moved to another month."""
    places = [_PARTITION, f"{_PARTITION}_after"]
    for (before, after), wanted in elsewhere.group_by(places, maintain_order=True):
        yield Match.of_pairs(sides[0].read(str(before), wanted), sides[1].read(str(after), wanted))


def _differ(before: pl.DataFrame, after: pl.DataFrame, name: str) -> pl.Series:
    """For each pair, whether the values of the column `name` differ. Without it, all are null."""
    old, new = (
        each[name] if name in each.columns else pl.repeat(None, each.height, eager=True)
        for each in (before, after)
    )
    if old.dtype != new.dtype and pl.Null not in (old.dtype, new.dtype):
        old, new = old.cast(pl.String), new.cast(pl.String)
    if pl.Null in (old.dtype, new.dtype):
        return old.is_not_null() | new.is_not_null()
    return old.ne_missing(new)
