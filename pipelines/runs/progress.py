"""Progress: what a long step says while it works."""

from collections.abc import Callable
from typing import TypeAlias

OnProgress: TypeAlias = Callable[[str, int, int], None]
"""Gets the name of a step, how much of it is done, and how much there is."""


def ignore_progress(_step: str, _done: int, _total: int) -> None:
    """Show nothing."""
