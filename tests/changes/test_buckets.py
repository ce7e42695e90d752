"""Many files are cut into buckets by the hashes of their paths."""

import polars as pl
import pytest

from pipelines.changes.buckets import (
    BUCKET_FILES,
    count_bits,
    find_bits,
    is_in_bucket,
    list_buckets,
    name_buckets,
)

PATHS = pl.Series([f"_posts/{number}-é.md" for number in range(4_000)])


@pytest.mark.parametrize(
    ("files", "bits"),
    [(0, 0), (1, 0), (BUCKET_FILES, 0), (BUCKET_FILES + 1, 1), (2 * BUCKET_FILES + 1, 2),
     (10_000_000, 7), (10**12, 16)],
)  # fmt: skip
def test_the_number_of_files_says_how_they_are_cut(files: int, bits: int) -> None:
    assert count_bits(files) == bits


@pytest.mark.parametrize("bits", [0, 1, 4])
def test_every_path_is_in_one_bucket_and_buckets_are_even(bits: int) -> None:
    named = name_buckets(PATHS, bits)
    assert set(named) == set(list_buckets(bits))
    counts = named.value_counts()["count"]
    assert counts.max() < 1.2 * len(PATHS) / 2**bits  # type: ignore[operator]  # A number.
    for bucket in list_buckets(bits):
        assert is_in_bucket(PATHS, bucket).equals(named == bucket)


def test_a_bucket_of_more_bits_lies_in_the_one_of_its_first_bits() -> None:
    coarse, fine = name_buckets(PATHS, 2), name_buckets(PATHS, 5)
    assert coarse.equals(fine.str.slice(0, len("all/01")))


def test_a_bucket_says_by_how_many_bits_the_files_are_cut() -> None:
    assert [find_bits(each) for each in ([], ["all"], ["all/01"])] == [0, 0, 2]


def test_the_bucket_of_a_path_never_changes() -> None:
    # Published files are cut by it. CBF43926 is the check value of CRC-32.
    assert name_buckets(pl.Series(["123456789"]), 8).to_list() == [f"all/{0xCB:08b}"]
