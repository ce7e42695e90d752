"""Places in a file, as editors count them."""

import re
from bisect import bisect_right
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n|\r|\n")


class Place(NamedTuple):
    """Line and column in a file, both from 1."""

    line: int
    column: int


class Lines:
    """Where the lines of a text begin, as editors count them.

    libyaml counts more: to it, U+0085 and U+2028 end a line, too.
    """

    def __init__(self, text: str) -> None:
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(text))]

    def find_place(self, index: int) -> Place:
        """The place of the character at `index`."""
        line = bisect_right(self._starts, index)
        return Place(line, index - self._starts[line - 1] + 1)
