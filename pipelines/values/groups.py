"""Groups: neighbours that are handled together, within a limit of size."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def split_by_size(
    items: Iterable[T], sizes: Iterable[int], max_bytes: int, max_items: int = sys.maxsize
) -> Iterator[list[T]]:
    """Groups of neighbours within both limits. An item above `max_bytes` is a group of its own."""
    group: list[T] = []
    group_bytes = 0
    for item, size in zip(items, sizes, strict=True):
        if group and (group_bytes + size > max_bytes or len(group) == max_items):
            yield group
            group, group_bytes = [], 0
        group.append(item)
        group_bytes += size
    if group:
        yield group
