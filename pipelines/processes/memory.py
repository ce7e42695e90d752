"""Memory: how much of what was freed the allocator of the system keeps."""

from typing import Final

LARGE_BYTES: Final = 8 * 1024 * 1024
"""Blocks of this size are taken from the system and given back to it, one by one. With less, taking
them would be a tenth of the time of a rebuild."""
TRIM_BYTES: Final = 32 * 1024 * 1024
"""More than this is not kept free for later."""

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""https://man7.org/linux/man-pages/man3/mallopt.3.html"""


def give_memory_back() -> None:
    """Let glibc give back what was freed. By default it may keep more than is in use.

    Other systems have no such settings.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, TRIM_BYTES)
        # Each thread would have memory of its own to keep.
        mallopt(_M_ARENA_MAX, 1)
