"""A ledger of millions of files that are not there, and a run in which one real file changed.

Usage: python synthetic_ledger.py make COUNT FOLDER   (COUNT files, beside a few real posts)
       python synthetic_ledger.py run FOLDER          (its memory is what is measured)

To write and to parse so many files would take hours. Of a file that did not change, a run sees no
more than its rows in the listing and in the ledger, and the records of its month.
"""

import hashlib
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl
from copies import SMALL_A_MONTH, SMALL_BYTES, write_small_posts

from pipelines.changes.buckets import count_bits, list_buckets, name_buckets
from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.ledger import LEDGER_TYPES, open_ledger
from pipelines.changes.listing import LISTING_SCHEMA
from pipelines.runs import archives, run, start
from pipelines.runs.job import Job
from pipelines.sources.folder import TICK_NS, Folder
from pipelines.sources.globs import EVERY_FILE, Globs
from pipelines.sources.source import RawFile
from pipelines.warehouse.draft import Draft, Written
from pipelines.warehouse.identities import write_identities
from pipelines.warehouse.layout import DRAFT_NAME, UNPARTITIONED, name_folder
from pipelines.warehouse.manifest import Partition
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse
from schemas.files import FILES

REAL_POSTS: Final = 100
REAL_MONTH: Final = "2000-01"
FIRST_YEAR: Final = 2001
"""Synthetic files have the months from then on, as many a month as small posts."""
SLICE_ROWS: Final = 100_000
BEGAN_NS: Final = 1_700_000_000_000_000_000
"""Some moment after which all synthetic files were written."""

_HEAT: Final = re.compile(rb"(?m)^heat: .*")


@dataclass(frozen=True)
class SyntheticFolder(Folder):
    """A folder that also lists files which are not there: the rows of `listing`."""

    listing: Path

    def list_files(self, globs: Globs = EVERY_FILE) -> Iterator[RawFile]:
        yield from super().list_files(globs)
        for rows in _read_slices(self.listing):
            yield from map(RawFile._make, rows.iter_rows())


def run_driver(folder: Path) -> dict[str, int]:
    """Do a whole run in this process, as the command line does; how many files changed.

    Nothing is replaced but where the raw files lie. If sources or runs are called differently one
    day, this is the place to change.
    """
    source = SyntheticFolder(folder / "raw", folder / "listing.parquet")
    archives.open_source = start.open_source = lambda _address: source
    return run.run_job(_job(folder)).changes


def edit_and_run(folder: Path) -> None:
    """Change one post, and run.

    Raises:
        AssertionError: The run saw anything else.
    """
    path = min((folder / "raw").rglob("*.md"))
    path.write_bytes(_HEAT.sub(b"heat: %d" % (time.time_ns() % 1_000_000), path.read_bytes()))
    changes = run_driver(folder)
    if {name for name, count in changes.items() if count} != {"changed"} or changes["changed"] != 1:
        raise AssertionError(f"found {changes}, expected one changed file")


def make_warehouse(count: int, folder: Path) -> None:
    """Build a few real posts, and publish a snapshot that knows `count` files more."""
    write_small_posts(folder / "raw", REAL_POSTS)
    # What was written just before it was listed has no identity, so it is read again.
    time.sleep(5 * TICK_NS / 1e9)
    run.run_job(_job(folder))
    files = pl.concat(list(_make_files(count)))
    _write_listing(files, folder / "listing.parquet")
    _publish(Warehouse(folder / "warehouse"), files)


def _job(folder: Path) -> Job:
    return Job("build", warehouse=folder / "warehouse", raw=str(folder / "raw"))


def _make_files(count: int) -> Iterator[pl.DataFrame]:
    """Rows of the ledger, in order, as those of loaded posts are."""
    for first in range(0, count, SLICE_ROWS):
        numbers = range(first, min(first + SLICE_ROWS, count))
        months = [_name_month(number) for number in numbers]
        paths = [
            f"_old/{month}-01-a-post-that-is-not-there-{number:08}.md"
            for number, month in zip(numbers, months, strict=True)
        ]
        yield pl.DataFrame(
            {
                "source_path": paths,
                "size_bytes": [SMALL_BYTES] * len(paths),
                "modified_ns": [BEGAN_NS + number * 1_001_001 for number in numbers],
                "content_sha256": [hashlib.sha256(b"%d" % each).hexdigest() for each in numbers],
                "status": ["loaded"] * len(paths),
                "reason": [None] * len(paths),
                "document_id": [hashlib.sha256(each.encode()).hexdigest()[:32] for each in paths],
                "published_month": months,
                # A change time and an inode.
                "identity": [
                    f"{BEGAN_NS + number * 1_001_001 + 7}:{12_345_678 + number}"
                    for number in numbers
                ],
            },
            LEDGER_TYPES,
        )


def _name_month(number: int) -> str:
    """The month of a synthetic file."""
    month = number // SMALL_A_MONTH
    return f"{FIRST_YEAR + month // 12}-{month % 12 + 1:02}"


def _write_listing(files: pl.DataFrame, path: Path) -> None:
    """The files as they are found again."""
    listing = files.select(
        "source_path", "size_bytes", "modified_ns", "identity", ignored_because=pl.lit(None)
    )
    listing.cast(LISTING_SCHEMA).write_parquet(path, row_group_size=SLICE_ROWS)


def _read_slices(listing: Path) -> Iterator[pl.DataFrame]:
    rows = pl.scan_parquet(listing)
    for first in range(0, rows.select(pl.len()).collect().item(), SLICE_ROWS):
        yield rows.slice(first, SLICE_ROWS).collect()


def _publish(warehouse: Warehouse, files: pl.DataFrame) -> None:
    """Publish the snapshot after the current one, with `files` in its ledger."""
    parent = warehouse.pin()
    staging = warehouse.clear_staging()
    draft = Draft.begin(staging / DRAFT_NAME, staging / "work", parent)
    counts = files.group_by("published_month", maintain_order=True).len()
    draft = draft.apply(
        _copy_month(draft, parent, table, month, rows)
        for table, records in parent.manifest.tables.items()
        if REAL_MONTH in records
        for month, rows in counts.iter_rows()
    )
    known = open_ledger(parent)
    ledger = pl.concat([*(known.read(each) for each in known.buckets), files])
    bits = count_bits(ledger.height)
    named = ledger.with_columns(name_buckets(ledger["source_path"], bits).alias("_bucket"))
    rows_of = {
        each: named.filter(_bucket=each).sort("source_path").select(LEDGER_TYPES.names())
        for each in list_buckets(bits)
    }
    written = [Written("files", UNPARTITIONED, None)]
    for bucket, rows in rows_of.items():
        record = Partition({}, fingerprint_table("files"), rows.height)
        written.append(draft.write(FILES, bucket, rows.select(*FILES.columns), record))
    number = warehouse.next_number()
    manifest = draft.apply(written).seal(
        replace(parent.manifest, snapshot=number, parent=parent.number)
    )
    for bucket, rows in rows_of.items():
        write_identities(draft.folder, manifest, bucket, rows["identity"])
    warehouse.publish(number, draft.folder)


def _copy_month(draft: Draft, parent: Snapshot, table: str, month: str, rows: int) -> Written:
    """The file of the real month under the name of another, which is said to have `rows`."""
    real = parent.manifest.tables[table][REAL_MONTH]
    file = f"{name_folder(table, month)}/{Path(str(real.file)).name}"
    path = draft.scratch / f"{table}-{month}"
    draft.scratch.mkdir(exist_ok=True)
    os.link(parent.folder / str(real.file), path)
    return Written(table, month, replace(real, file=file, rows=rows), path)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make_warehouse(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        edit_and_run(Path(sys.argv[2]))
