"""The listing of raw files, in memory or spilled."""

from pathlib import Path

import pytest

from pipelines.changes.buckets import is_in_bucket, list_buckets
from pipelines.changes.listing import Listing
from pipelines.sources.source import RawFile

FILES = [RawFile(f"{number:02}", number, 100, f"1:{number}") for number in range(40)]
LINK = RawFile("link", None, None, None, "symbolic link, not followed")


def test_a_listing_is_in_order_of_the_paths(tmp_path: Path) -> None:
    listing = Listing([*reversed(FILES), LINK], tmp_path)
    assert (listing.count, listing.bits) == (41, 0)
    assert listing.read("all").rows() == [tuple(each) for each in [*FILES, LINK]]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("chunk", "spilled"), [(1_000, 0), (21, 1), (14, 2), (10, 2), (7, 5)])
def test_a_listing_of_many_files_is_read_bucket_by_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, spilled: int
) -> None:
    for name, value in (
        ("buckets.BUCKET_FILES", 10),
        ("listing.PAGE_FILES", 7),
        ("chunks.CHUNK_FILES", chunk),
    ):
        monkeypatch.setattr(f"pipelines.changes.{name}", value)
    listing = Listing([*FILES[20:], LINK, *FILES[:20]], tmp_path)
    assert (listing.count, listing.bits) == (41, 3)
    assert len(list(tmp_path.iterdir())) == spilled
    found = []
    for bucket in list_buckets(3):
        rows = listing.read(bucket)
        assert is_in_bucket(rows["source_path"], bucket).all()
        assert rows["source_path"].is_sorted()
        found += rows.rows()
    assert sorted(found) == [tuple(each) for each in [*FILES, LINK]]


def test_a_folder_without_files_has_an_empty_listing(tmp_path: Path) -> None:
    listing = Listing([], tmp_path)
    assert (listing.count, listing.read("all").height) == (0, 0)
