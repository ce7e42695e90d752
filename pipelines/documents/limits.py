"""The limits of front matter, the same in every language."""

from typing import Final

from pipelines.documents.fences import MAX_FRONT_MATTER_BYTES

MAX_CHARACTERS: Final = MAX_FRONT_MATTER_BYTES
"""The limit for all values together, after expanding aliases."""
MAX_LEVELS: Final = 64
MAX_NODES: Final = 100_000
"""The limit for keys and values, after expanding aliases."""
MAX_PROBLEM_CHARACTERS: Final = 200
"""The limit for the text of a problem, which may contain a key, tag or anchor of any length."""


def shorten(problem: str) -> str:
    """`problem`, cut if it is too long to read."""
    is_long = len(problem) > MAX_PROBLEM_CHARACTERS
    return f"{problem[:MAX_PROBLEM_CHARACTERS]}..." if is_long else problem
