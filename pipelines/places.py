"""Places in a file, as editors count them."""

import re
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n|\r|\n")


class Place(NamedTuple):
    """Line and column in a file, both from 1."""

    line: int
    column: int


def find_place(text: str, index: int) -> Place:
    """Line and column as editors count them: libyaml also ends a line at U+0085 and U+2028."""
    ends = [end.end() for end in _LINE_END.finditer(text, 0, index)]
    return Place(len(ends) + 1, index - (ends[-1] if ends else 0) + 1)
