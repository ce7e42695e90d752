"""The ledger: what is known of every raw file, a bucket at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import polars as pl

from pipelines.changes.buckets import find_bits, is_in_bucket, split_paths
from pipelines.values.parts import overlap
from pipelines.warehouse.identities import read_identities
from pipelines.warehouse.snapshot import Snapshot, read_columns
from pipelines.warehouse.spill import read_spilled, spill_rows
from schemas.files import FILES

FILE_COLUMNS: Final = tuple(FILES.columns)
LEDGER_TYPES: Final = pl.Schema({**FILES.dtypes, "identity": pl.String()})
"""The columns of a ledger: those of the table `files`, and how a file looked when it was read.

`identity` is that of `RawFile`, or null if the file may look otherwise by now."""

ReadBucket: TypeAlias = Callable[[Sequence[str]], pl.DataFrame]
"""Reads some columns of the rows of one bucket, in order of their paths."""


@dataclass(frozen=True)
class Ledger:
    """What is known of every raw file.

    `buckets` are read when they are needed. If there is only one, its rows stay in memory.
    `changed` are those that have other rows than in the parent snapshot.
    """

    buckets: Mapping[str, ReadBucket] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()

    @property
    def bits(self) -> int:
        """How many leading bits of a hash choose the bucket of a file; 0 if there is one bucket."""
        return find_bits(self.buckets)

    def has_same(self, other: "Ledger", bucket: str) -> bool:
        """Whether neither ledger replaced the rows of `bucket` that both began with."""
        return self.bits == other.bits and self.buckets.get(bucket) is other.buckets.get(bucket)

    def read(self, bucket: str, columns: Sequence[str] = tuple(LEDGER_TYPES)) -> pl.DataFrame:
        """Some columns of the rows of `bucket`. The files may be cut in another way here."""
        if bucket in self.buckets:
            return self.buckets[bucket](columns)
        found = [pl.DataFrame(schema=LEDGER_TYPES)]
        for each, read in self.buckets.items():
            if overlap(each, bucket):
                rows = read(tuple(LEDGER_TYPES))
                found.append(rows.filter(is_in_bucket(rows["source_path"], bucket)))
        return pl.concat(found).sort("source_path").select(columns)

    def find(self, source_paths: pl.Series, columns: Sequence[str] = FILE_COLUMNS) -> pl.DataFrame:
        """Some columns of the rows of the files at `source_paths`."""
        found = [pl.DataFrame(schema={each: LEDGER_TYPES[each] for each in columns})]
        for bucket, wanted in split_paths(source_paths, self.bits).items():
            if bucket in self.buckets:
                rows = self.buckets[bucket](tuple(dict.fromkeys((*columns, "source_path"))))
                is_wanted = pl.col("source_path").is_in(wanted.implode())
                found.append(rows.filter(is_wanted).select(columns))
        return pl.concat(found)

    def count_files(self) -> int:
        """The number of rows."""
        return sum(read(("status",)).height for read in self.buckets.values())

    def cut(self, bits: int) -> "Ledger":
        """This ledger, or one without rows if its files are cut by another number of bits."""
        return self if bits == self.bits else Ledger()

    def put(self, bucket: str, rows: pl.DataFrame, folder: Path) -> "Ledger":
        """The ledger with these rows of `bucket`, in order of their paths.

        If there are several buckets, the rows are spilled into `folder`.
        """
        files = rows.select(FILE_COLUMNS)
        is_same = bucket in self.buckets and files.equals(self.read(bucket, FILE_COLUMNS))
        read = _spill(rows, folder) if find_bits([bucket]) else rows.select
        return Ledger(
            {**self.buckets, bucket: read}, self.changed if is_same else self.changed | {bucket}
        )


def open_ledger(snapshot: Snapshot) -> Ledger:
    """The ledger of a snapshot.

    Raises:
        DamagedError: A file of it is damaged.
    """
    records = snapshot.manifest.tables["files"]
    snapshot.check_bytes("files", records)
    buckets = [key for key, record in records.items() if record.rows]
    ledger = Ledger({bucket: partial(_read_published, snapshot, bucket) for bucket in buckets})
    if len(buckets) == 1:
        return Ledger({bucket: ledger.read(bucket).select for bucket in buckets})
    return ledger


def _spill(rows: pl.DataFrame, folder: Path) -> ReadBucket:
    return partial(read_spilled, spill_rows(rows, folder))


def _read_published(snapshot: Snapshot, bucket: str, columns: Sequence[str]) -> pl.DataFrame:
    # Without another column, nothing would say how many rows there are.
    types = {each: LEDGER_TYPES[each] for each in ("source_path", *columns)}
    rows = read_columns(snapshot.list_files("files")[bucket], types)
    if "identity" in columns:
        identities = read_identities(snapshot.folder, snapshot.manifest, bucket)
        if identities is not None:
            rows = rows.with_columns(identity=identities)
    return rows.select(columns)
