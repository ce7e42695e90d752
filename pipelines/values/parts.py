"""Parts: large months are cut by the leading bits of the ids of their documents.

A partition is a month, or a part of one: `2023-08`, or `2023-08/01` for the documents whose ids
begin with these bits.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

PART_BYTES: Final = 64 * 1024 * 1024
"""A month with more raw bytes is cut. A part holds about this much at most, so the memory that it
needs is bounded, however large a month gets."""
MAX_BITS: Final = 16

_ID_DIGITS: Final = MAX_BITS // 4


def count_bits(size_bytes: int) -> int:
    """How many bits cut `size_bytes` into parts of at most `PART_BYTES`, if they are even."""
    return min(max(-(-size_bytes // PART_BYTES) - 1, 0).bit_length(), MAX_BITS)


def find_month(partition: str) -> str:
    """The month of a partition."""
    return partition.partition("/")[0]


def list_bits(partitions: Iterable[str]) -> dict[str, int]:
    """The bits by which each month is cut, of which `partitions` are all."""
    return {find_month(each): len(each.partition("/")[2]) for each in partitions}


def overlap(one: str, other: str) -> bool:
    """Whether a document may be in both partitions, of which one may be of an earlier cut."""
    shorter, longer = sorted((one, other), key=len)
    return longer.startswith(shorter) and find_month(one) == find_month(other)


def name_partitions(documents: pl.DataFrame, bits: Mapping[str, int]) -> pl.Series:
    """The partition of each document; null where `published_month` is null.

    Args:
        documents: `document_id` and `published_month`.
        bits: By how many bits each month is cut; none for a month that is missing.
    """
    month = pl.col("published_month")
    is_cut = {each: count for each, count in bits.items() if count}
    if not is_cut:
        return documents["published_month"]
    number = pl.col("document_id").str.slice(0, _ID_DIGITS).str.to_integer(base=16)
    in_bits = pl.concat_str(
        (number // 2 ** (MAX_BITS - place - 1) % 2).cast(pl.String)
        for place in range(max(is_cut.values()))
    )
    count = month.replace_strict(is_cut, default=0, return_dtype=pl.UInt32)
    part = pl.format("{}/{}", month, in_bits.str.slice(0, count))
    return documents.select(pl.when(count > 0).then(part).otherwise(month)).to_series()
