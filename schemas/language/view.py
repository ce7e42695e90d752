"""What a view is, and how its file is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

STORED: Final = "stored"
"""The schema of what a view of the same name as a table reads: the table as its files have it."""

_WORD: Final = re.compile(rf"(?<![\w.])(?:{STORED}\.)?([a-z_]\w*)")
_COLUMN: Final = re.compile(r"([a-z][a-z0-9_]*): (.+)")


@dataclass(frozen=True)
class View:
    """One view: what a row is, and how its rows are found.

    `columns` describes columns that no table describes, or several in different words. Any other
    column has the description of the column of that name in the tables and views that `select`
    reads.
    """

    name: str
    description: str
    columns: Mapping[str, str]
    select: str

    def reads(self, name: str) -> bool:
        """Whether it reads the table or view called `name`. It does not read itself."""
        return name != self.name and name in self._words

    @cached_property
    def _words(self) -> frozenset[str]:
        """Every word that may be the name of a table or view."""
        return frozenset(_WORD.findall(self.select.lower()))


def parse_view(name: str, text: str) -> View:
    """The view that the file `name`.sql holds.

    It begins with comments: what a row is, then lines like `-- column: What it holds.` A longer
    description goes on in a comment that is indented. One SELECT follows.

    Raises:
        ValueError: It has no comment at its beginning.
    """
    lines = text.splitlines()
    head = [line[2:] for line in lines[: _count_comments(lines)]]
    description: list[str] = []
    columns: dict[str, list[str]] = {}
    paragraph = description
    for line in head:
        if found := _COLUMN.fullmatch(line.strip()):
            paragraph = columns.setdefault(found[1], [])
            paragraph.append(found[2])
        else:
            paragraph.append(line.strip())
    if not description:
        raise ValueError(f"{name}.sql: expected comments at its beginning that say what a row is")
    select = "\n".join(lines[len(head) :]).strip().removesuffix(";")
    described = {column: " ".join(words) for column, words in columns.items()}
    return View(name, " ".join(description).strip(), described, select)


def _count_comments(lines: list[str]) -> int:
    return next((at for at, line in enumerate(lines) if not line.startswith("--")), len(lines))
