"""The differences of all buckets: their suspects are spilled, and listed in order."""

from pathlib import Path

import polars as pl
import pytest

from pipelines.changes.buckets import list_buckets
from pipelines.changes.comparison import Comparison, compare_buckets, compare_listing
from pipelines.changes.differences import Differences
from pipelines.changes.ledger import LEDGER_TYPES, Ledger
from pipelines.changes.listing import Listing
from pipelines.sources.source import RawFile

FILES = [RawFile(f"{number:02}.md", number, 100, f"1:{number}") for number in range(40)]
LINK = RawFile("link", None, None, None, "symbolic link, not followed")
GONE = pl.DataFrame([{"source_path": "gone", "status": "loaded"}], schema=LEDGER_TYPES)


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> Listing:
    """A listing in eight buckets."""
    monkeypatch.setattr("pipelines.changes.buckets.BUCKET_FILES", 6)
    return Listing([*reversed(FILES), LINK])


@pytest.mark.parametrize("held", [0, 5, 100])
def test_suspects_are_listed_in_order_of_their_paths_even_if_they_are_spilled(
    listing: Listing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr("pipelines.changes.differences.HELD_FILES", held)
    monkeypatch.setattr("pipelines.changes.differences.PAGE_FILES", 2)
    differences = Differences(compare_buckets(listing, Ledger({"all": GONE.select})), tmp_path)
    assert list(differences.list_suspects()) == [(path, size, None) for path, size, *_ in FILES]
    assert differences.count == len(FILES)
    assert differences.size_bytes == sum(range(40))
    each = [differences.read(bucket) for bucket in list_buckets(listing.bits)]
    many = [comparison for comparison in each if comparison.suspects.height > held]
    assert len(list(tmp_path.iterdir())) == len(many)
    whole = compare_listing(listing, Ledger({"all": GONE.select}))
    assert [pl.concat(rows).sort("source_path").rows() for rows in zip(*each, strict=True)] == [
        rows.rows() for rows in whole
    ]


def test_a_bucket_without_changes_is_none_of_them(listing: Listing, tmp_path: Path) -> None:
    buckets = list_buckets(listing.bits)
    changed = compare_buckets(listing, Ledger())
    unchanged = ((bucket, Comparison.nothing()) for bucket in buckets[1:])
    differences = Differences([next(changed), *unchanged], tmp_path)
    assert differences.buckets == buckets[:1]
    assert differences.read(buckets[1]).is_empty


def test_the_only_bucket_is_never_spilled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.changes.differences.HELD_FILES", 0)
    differences = Differences(compare_buckets(Listing(FILES), Ledger()), tmp_path)
    assert differences.read("all").suspects.height == len(FILES)
    assert list(tmp_path.iterdir()) == []
