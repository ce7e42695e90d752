"""What became of the files between two ledgers."""

from typing import Any

import polars as pl
import pytest

from pipelines.changes.buckets import list_buckets, name_buckets
from pipelines.changes.file_changes import compare_ledgers
from pipelines.changes.ledger import LEDGER_TYPES, Ledger

BEFORE = [
    ("a", "1", "loaded"),
    ("b", "2", "loaded"),
    ("c", "2", "rejected"),
    ("d", "0", "loaded"),
    ("same", "5", "loaded"),
]
AFTER = [
    ("d", "3", "ignored"),
    ("e", "4", "loaded"),
    ("new", "1", "loaded"),
    ("one", "2", "loaded"),
    ("same", "5", "loaded"),
]


def make_ledger(files: list[tuple[str, str, str]], bits: int) -> Ledger:
    """A ledger of files of which path, hash and status are known."""
    described: list[dict[str, Any]] = [
        {"source_path": path, "content_sha256": digest * 64, "status": status}
        for path, digest, status in files
    ]
    rows = pl.DataFrame(described, schema=LEDGER_TYPES)
    buckets = name_buckets(rows["source_path"], bits)
    return Ledger({each: rows.filter(buckets == each).select for each in list_buckets(bits)})


@pytest.mark.parametrize("bits_before", [0, 2])
@pytest.mark.parametrize("bits", [0, 1, 3])
def test_a_renamed_file_does_not_count_as_deleted(bits_before: int, bits: int) -> None:
    changes = compare_ledgers(make_ledger(BEFORE, bits_before), make_ledger(AFTER, bits))
    assert changes.counts == {
        "new": 1,
        "changed": 1,
        "renamed": 2,
        "deleted": 1,
        "newly_ignored": 1,
    }
    assert changes.names == {
        "new": ["e"],
        "changed": ["d"],
        "renamed": ["new", "one"],
        "deleted": ["c"],
        "newly_ignored": ["d"],
    }
    assert changes.lost.to_list() == ["c", "d"]
    assert changes.statuses_before == {"loaded": 4, "rejected": 1}
    assert changes.statuses == {"loaded": 4, "ignored": 1}


def test_files_that_come_and_go_are_new_and_deleted() -> None:
    nothing, everything = Ledger(), make_ledger(BEFORE, 1)
    assert compare_ledgers(nothing, everything).counts["new"] == len(BEFORE)
    changes = compare_ledgers(everything, nothing)
    assert (changes.counts["deleted"], changes.statuses) == (len(BEFORE), {})
    assert changes.lost.to_list() == [path for path, _, _ in BEFORE]


def test_a_bucket_that_is_the_same_is_only_counted() -> None:
    ledger = make_ledger(BEFORE, 1)
    changes = compare_ledgers(ledger, ledger)
    assert set(changes.counts.values()) == {0}
    assert changes.statuses == changes.statuses_before == {"loaded": 4, "rejected": 1}
