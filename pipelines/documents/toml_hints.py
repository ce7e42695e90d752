"""Hints: how to fix a mistake in TOML. tomllib says what it does not know, not what to write."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from pipelines.documents.toml_tokens import Token, is_bare, list_tokens

_DATE_LIKE = re.compile(r"[0-9]{1,4}[-./][0-9]{1,2}[-./]")
_NUMBER_LIKE = re.compile(r"[-+.]?[0-9]")
_TYPOGRAPHIC_QUOTES: Final = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"
_OTHER_BOOLEANS: Final = frozenset(("false", "no", "off", "on", "true", "yes"))
_REPEATED: Final = ("Cannot overwrite", "Cannot declare", "Cannot redefine", "Cannot mutate")
_UNFINISHED: Final = {
    "Unclosed array": ("found no end of the list", "a comma, or the ] that ends the list"),
    "Unclosed inline table": (
        "found no end of the table in braces",
        "a comma, or the } that ends it in the same line, with no comma before it",
    ),
}
_NO_END: Final = ("Unterminated", 'Expected "\'"', "Expected \"'''\"")
_LINE_ENDS: Final = ("Illegal character '\\n'", "Found invalid character '\\n'")


class Hint(NamedTuple):
    """What is wrong at a position of the text, and what should be written there."""

    position: int
    problem: str
    expected: str
    rule: str = "is_toml"


def find_hint(text: str, position: int, problem: str) -> Hint:
    """How to fix `text`, in which tomllib found `problem` at `position`.

    A hint shows nothing of the text.
    """
    spot = _Spot(text, position, problem, list(list_tokens(text)))
    found = (guess(spot) for guess in _GUESSES)
    unknown = Hint(position, "found something that is not TOML", "valid TOML")
    return next(filter(None, found), unknown)


class _Spot(NamedTuple):
    """Where tomllib stopped, and the problem that it found."""

    text: str
    position: int
    problem: str
    tokens: list[Token]

    def find_last(self, *kinds: str, level: int | None = None) -> Token | None:
        """The last token of one of these kinds that begins at the position or before."""
        before = (
            token
            for token in reversed(self.tokens)
            if token.start <= self.position and token.kind in kinds and level in (None, token.level)
        )
        return next(before, None)


def _explain_repeated(spot: _Spot) -> Hint | None:
    is_in_line = spot.problem.startswith("Duplicate")
    if not is_in_line and not spot.problem.startswith(_REPEATED):
        return None
    # tomllib stops behind the value, or inside the brackets of a header.
    key = spot.find_last("key", level=None if is_in_line else 0)
    begin = key.start if key else spot.position
    return Hint(begin, "found a key or table again", "each key and table once", "is_unique_key")


def _explain_text(spot: _Spot) -> Hint | None:
    """Text in quotes that has no end, or holds what it may not hold."""
    if spot.problem.startswith((*_NO_END, *_LINE_ENDS)):
        begun = spot.find_last("text", "key")
        begin = begun.start if begun else spot.position
        expected = "the quote that ends what begins here, or three quotes around several lines"
        return Hint(begin, "found text without an end", expected)
    if spot.problem.startswith(("Unescaped", "Invalid hex", "Escaped")):
        expected = "\\\\ for each backslash, or single quotes instead of double ones"
        # tomllib stops behind the escape.
        begin = max(0, spot.text.rfind("\\", 0, spot.position))
        return Hint(begin, "found an unknown escape", expected)
    if spot.problem.startswith(("Illegal character", "Found invalid character")):
        return Hint(spot.position, "found a control character", "an escape like \\u0007")
    return None


def _explain_word(spot: _Spot) -> Hint | None:
    """A value without quotes that needs them."""
    word = spot.find_last("word")
    if word is None or spot.position > word.end or is_bare(spot.text, word):
        return None
    written = spot.text[word.start : word.end]
    if written[0] in _TYPOGRAPHIC_QUOTES:
        return Hint(word.start, "found typographic quotes", "straight quotes: \" or '")
    if written.lower() in _OTHER_BOOLEANS:
        expected = "true or false in small letters, or quotes"
        return Hint(word.start, "found a flag in another spelling", expected)
    if _DATE_LIKE.match(written):
        expected = "one like 2024-01-31, or quotes around it"
        return Hint(word.start, "found a date that TOML does not know", expected)
    if _NUMBER_LIKE.match(written):
        expected = "one without zeros in front, or quotes around it"
        return Hint(word.start, "found a number that TOML does not know", expected)
    return Hint(word.start, "found text without quotes", "quotes around it")


def _explain_line(spot: _Spot) -> Hint | None:
    if spot.problem in _UNFINISHED:
        begun = spot.find_last("[", "{") if spot.position == len(spot.text) else None
        return Hint(begun.start if begun else spot.position, *_UNFINISHED[spot.problem])
    if spot.problem.startswith("Expected '='"):
        if spot.text.startswith(":", spot.position):
            return Hint(spot.position, "found a colon after the key", "an =, as in title = 'A'")
        return Hint(spot.position, "found no = after the key", "one, as in title = 'A'")
    if spot.problem.startswith(("Expected ']", "Invalid initial", "Invalid statement")):
        return Hint(
            spot.position, "found no key", "a key like title = 'A', or quotes around the key"
        )
    if spot.text.startswith("\r", spot.position):
        return Hint(spot.position, "found a line end of old Macs", "line ends of Unix or Windows")
    if spot.problem.startswith("Expected newline"):
        expected = "one key and value on a line, or quotes around the whole value"
        return Hint(spot.position, "found more after the value", expected)
    if spot.problem.startswith("Invalid value"):
        return Hint(spot.position, "found no value", "one after the =")
    return None


_GUESSES: Final[tuple[Callable[[_Spot], Hint | None], ...]] = (
    _explain_repeated,
    _explain_text,
    _explain_word,
    _explain_line,
)
