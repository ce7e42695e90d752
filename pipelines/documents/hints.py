"""Hints: how to fix a mistake in YAML. libyaml speaks of tokens, not of what to write."""

import re
from typing import Final, NamedTuple

from pipelines.documents.invisible import INVISIBLE, is_space, name_character

_CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)
_LINE_END = re.compile(r"[\r\n]|\Z")
_TABBED = re.compile(r" *\t")
_INVISIBLE_INDENT = re.compile(rf"[ \t]*({INVISIBLE})")
_TEMPLATE = re.compile(r"\{\{|\{%")
_KEY_END = re.compile(r":(?:\s|\Z)")
_VALUE = re.compile(r" *(?:- +)*(?:[^\s\"'\[{&*!|>%@`#][^:]*: +)?(\S.*)?")
"""A line up to its value: after its key, or after the dash of an item."""

_OTHER_THAN_TEXT: Final = ("[", "{", "&", "*", "!", "|", ">", "%", "@", "`", "- ", "? ")
"""If a value begins with one of these, YAML takes it for something other than text."""
_QUOTES: Final = {
    '"': 'one pair of quotes around the whole value, and \\" for each quote inside',
    "'": "one pair of quotes around the whole value, and '' for each quote inside",
}
_ESCAPE_PROBLEMS: Final = ("found unknown escape character", "did not find expected hexdecimal")
_UNFINISHED: Final = {
    "did not find expected ',' or ']'": "a comma, or the ] that ends the list",
    "did not find expected ',' or '}'": "a comma, or the } that ends the mapping",
}
_MISPLACED: Final = frozenset(
    {
        "did not find expected key",
        "did not find expected <document start>",
        "did not find expected '-' indicator",
    }
)
"""libyaml's problems with a line that begins further left or right than those above."""
_ALIGNED: Final = "as many spaces before it as before the line above"
_KEY_AND_BLANK: Final = "a colon and a blank after the key"


class Hint(NamedTuple):
    """What is expected, and the position in the text where it should be written."""

    position: int
    expected: str


def find_hint(text: str, position: int, problem: str) -> Hint:
    """How to fix `text`, in which libyaml found `problem` at `position`.

    It is a guess from the line and the one above, made for the most common mistakes.
    """
    spot = _Spot(text, position, problem)
    hints = (guess(spot) for guess in _GUESSES)
    return next(filter(None, hints), Hint(position, "valid YAML"))


class _Line:
    """A line without its end.

    `start` is where it begins, `begin` where its first character that is not blank stands.
    """

    def __init__(self, text: str, position: int) -> None:
        self.start = max(text.rfind("\n", 0, position), text.rfind("\r", 0, position)) + 1
        end = _LINE_END.search(text, self.start)
        self.text = text[self.start : end.start() if end else None]
        self.begin = self.start + len(self.text) - len(self.text.lstrip())


class _Spot:
    """Where libyaml stopped, and the problem that it found."""

    def __init__(self, text: str, position: int, problem: str) -> None:
        self.text = text
        self.position = position
        self.problem = problem
        self.character = text[position : position + 1]
        self.line = _Line(text, position)
        self.before = text[self.line.start : position]


def _mend_conflict(spot: _Spot) -> Hint | None:
    conflict = _CONFLICT.search(spot.text)
    return Hint(conflict.start(), "no conflict left over from git") if conflict else None


def _mend_invisible(spot: _Spot) -> Hint | None:
    found = _INVISIBLE_INDENT.match(spot.line.text)
    if not found:
        return None
    position = spot.line.start + found.start(1)
    instead = "spaces instead of" if is_space(found[1]) else "a line that does not begin with"
    return Hint(position, f"{instead} {name_character(found[1])}")


def _mend_tab(spot: _Spot) -> Hint | None:
    tabbed = _TABBED.match(spot.line.text)
    if not tabbed and spot.character != "\t":
        return None
    position = spot.line.start + tabbed.end() - 1 if tabbed else spot.position
    return Hint(position, "spaces instead of a tab")


def _mend_template(spot: _Spot) -> Hint | None:
    if _TEMPLATE.search(spot.line.text):
        return Hint(spot.position, "quotes around what a template fills in")
    return None


def _mend_end(spot: _Spot) -> Hint | None:
    """The end of a list, mapping or quoted value is missing."""
    if spot.problem in _UNFINISHED:
        return Hint(spot.position, _UNFINISHED[spot.problem])
    if spot.character in _QUOTES and spot.problem.startswith("found unexpected"):
        return Hint(spot.position, f"a {spot.character} that ends what begins here")
    return None


def _mend_value(spot: _Spot) -> Hint | None:
    """The value of the line does not begin like text."""
    found = _VALUE.match(spot.line.text)
    # If the key stands in the wrong place, libyaml stops before the value.
    value = found[1] if found and 0 <= found.start(1) <= len(spot.before) else ""
    if spot.problem == "found character that cannot start any token":
        value = spot.character
    for start in _OTHER_THAN_TEXT:
        if value.startswith(start):
            return Hint(spot.position, f"quotes around a value that begins with {start.strip()}")
    if spot.problem.startswith(_ESCAPE_PROBLEMS):
        expected = "\\\\ for each backslash, or single quotes instead of double ones"
        return Hint(spot.position, expected)
    # A single quote may end a value that began further up.
    if value[:1] in _QUOTES and spot.before.count(value[0]) > 1:
        return Hint(spot.position, _QUOTES[value[0]])
    return None


def _mend_colon(spot: _Spot) -> Hint | None:
    """A colon is missing or too many, in this line or in one above that continues here."""
    if spot.problem == "could not find expected ':'" and not _KEY_END.search(spot.line.text):
        return Hint(spot.position, _KEY_AND_BLANK)
    if spot.problem != "mapping values are not allowed in this context":
        return None
    if _KEY_END.search(spot.before):
        return Hint(spot.position, "quotes around a value with a colon in it")
    above = spot.text[: spot.line.start].rstrip()
    last = _Line(above, len(above))
    # The first line is the fence.
    if last.start and not _KEY_END.search(last.text):
        return Hint(last.begin, _KEY_AND_BLANK)
    return Hint(spot.line.begin, _ALIGNED)


def _mend_indentation(spot: _Spot) -> Hint | None:
    if spot.problem in _MISPLACED and not spot.before.strip():
        return Hint(spot.position, _ALIGNED)
    return None


_GUESSES: Final = (
    _mend_conflict,
    _mend_invisible,
    _mend_tab,
    _mend_template,
    _mend_end,
    _mend_value,
    _mend_colon,
    _mend_indentation,
)
"""In this order: the first guess that applies is right more often than the later ones."""
