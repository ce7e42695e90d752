"""Regular expressions of rules, for tools that read them in their own way."""

import re
from typing import Final

_OUR_OWN: Final = re.compile(r"\(\?[^:]|\\[pPAzZhHGKQ<>]|\[\[|&&|\[[^\]]*\[")
"""What the expressions of Python, JavaScript and Rust do not all have, or read differently."""
_WHOLE: Final = re.compile(r"\^((?:\(\?:.*\)|[^|()])*)\$")
"""From the first character to the last, without a choice that would divide the two."""


def find_portable(pattern: str | None) -> str | None:
    """`pattern`, if all tools read it alike; None if it is our own, or there is none."""
    if pattern is None or _OUR_OWN.search(pattern):
        return None
    try:
        re.compile(pattern)
    except re.error:
        return None
    return pattern


def match_whole(pattern: str) -> str:
    """A pattern for tools that match the whole text, where ours is found somewhere in it."""
    if whole := _WHOLE.fullmatch(pattern):
        return whole[1]
    return rf"[\s\S]*(?:{pattern})[\s\S]*"
