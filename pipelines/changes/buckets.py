"""Buckets: the rows of many files are cut by the leading bits of the hashes of their paths.

A bucket is `all`, or a part of it: `all/01` for the files whose hashes begin with these bits. It
is compared, held in memory and written on its own. So the memory of a run that changes little does
not grow with the number of files.
"""

from collections.abc import Iterable
from typing import Final
from zlib import crc32

import polars as pl

from pipelines.warehouse.layout import UNPARTITIONED

BUCKET_FILES: Final = 100_000
"""More files than this are cut. A bucket of them takes some 20 MB."""
MAX_BITS: Final = 16

_HASH_BITS: Final = 32


def count_bits(files: int) -> int:
    """How many bits cut so many files into buckets of about `BUCKET_FILES`, or smaller ones."""
    return min(max(-(-files // BUCKET_FILES) - 1, 0).bit_length(), MAX_BITS)


def list_buckets(bits: int) -> list[str]:
    """All buckets of files that are cut by so many bits."""
    if not bits:
        return [UNPARTITIONED]
    return [f"{UNPARTITIONED}/{number:0{bits}b}" for number in range(2**bits)]


def find_bits(buckets: Iterable[str]) -> int:
    """The number of bits in the names of `buckets`; 0 without buckets."""
    return max((len(each.partition("/")[2]) for each in buckets), default=0)


def hash_paths(source_paths: Iterable[str]) -> pl.Series:
    """A quick hash of every path. It only has to spread the files evenly over the buckets."""
    return pl.Series([crc32(path.encode()) for path in source_paths], dtype=pl.UInt32)


def find_range(bucket: str) -> tuple[int, int]:
    """The least and the greatest hash of `bucket`."""
    bits = bucket.partition("/")[2]
    size = 2 ** (_HASH_BITS - len(bits))
    first = int(bits or "0", 2) * size
    return first, first + size - 1


def name_buckets(source_paths: pl.Series, bits: int) -> pl.Series:
    """The bucket of each path."""
    if not bits:
        return pl.repeat(UNPARTITIONED, len(source_paths), dtype=pl.String, eager=True)
    numbers = hash_paths(source_paths) // 2 ** (_HASH_BITS - bits)
    return pl.Series(list_buckets(bits)).gather(numbers)


def split_rows(rows: pl.DataFrame, bits: int) -> dict[str, pl.DataFrame]:
    """The rows of each bucket that has some, by their `source_path`."""
    if not bits:
        return {UNPARTITIONED: rows} if len(rows) else {}
    named = rows.with_columns(name_buckets(rows["source_path"], bits).alias("_bucket"))
    parts = named.partition_by("_bucket", as_dict=True, include_key=False)
    return {str(bucket): part for (bucket,), part in sorted(parts.items())}


def split_paths(source_paths: pl.Series, bits: int) -> dict[str, pl.Series]:
    """The paths of each bucket that has some."""
    parts = split_rows(source_paths.to_frame("source_path"), bits)
    return {bucket: part["source_path"] for bucket, part in parts.items()}


def is_in_bucket(source_paths: pl.Series, bucket: str) -> pl.Series:
    """Whether each path is of `bucket`."""
    return hash_paths(source_paths).is_between(*find_range(bucket))
