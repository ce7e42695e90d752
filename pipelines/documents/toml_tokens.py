"""Tokens of TOML: where its values, tables and lists begin."""

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"""
    \#[^\n]*+
    | (?P<text>
        \"{3}(?:[^"\\]++|\\.|"(?!""))*+(?:"{3,5})?
        | '{3}(?:[^']++|'(?!''))*+(?:'{3,5})?
        | "(?:[^"\\\n]++|\\[^\n])*+"?
        | '[^'\n]*+'?
    )
    | (?P<word>[0-9]{4}-[0-9]{2}-[0-9]{2}[ ](?=[0-9])[^\s,\[\]{}=#"']*+|[^\s,\[\]{}=#"']++)
    | (?P<mark>[\[\]{}=,])
    """,
    re.VERBOSE | re.DOTALL,
)
"""Text without an end goes on as far as it can: if it did not match, the search would begin again
at each quote inside."""

_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
_OFFSET = r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_DIGITS = r"[0-9](?:_?[0-9])*"
_WORD: Final = re.compile(
    rf"true|false|[+-]?(?:inf|nan)"
    rf"|[+-]?(?:0|[1-9](?:_?[0-9])*)(?:\.{_DIGITS})?(?:[eE][+-]?{_DIGITS})?"
    r"|0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*"
    rf"|{_DATE}(?:[Tt ]{_TIME}{_OFFSET}?)?|{_TIME}"
)
"""Every value that TOML knows without quotes. The 30th of February is one, too: what a date means,
its column says."""
_QUOTES: Final = ("'", '"')


_LONG: Final = 200
"""From so many characters on, it pays to read a text here: tomllib looks at each character."""
_PLAIN_TEXT: Final = re.compile(
    r'''"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]++|\\(?:[btnfr"\\]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}))*+"'''
)
"""A text on one line whose escapes mean the same in JSON. Those of surrogates are none in TOML."""


class Token(NamedTuple):
    """A token of TOML, from `start` to `end`.

    `kind` is `text` or `word` for a value with or without quotes, `[` or `{` where a list or a
    table begins as a value, `key` for each part of a key, and `header` for a line in brackets.
    `level` is how many brackets are open around it.
    """

    kind: str
    start: int
    end: int
    level: int


def list_tokens(text: str) -> Iterator[Token]:
    """The tokens of `text` up to the first mistake in it. What follows a mistake is undefined."""
    brackets: list[str] = []
    is_value = False
    for found in _TOKEN.finditer(text):
        kind, start, end = found.lastgroup, found.start(), found.end()
        mark = text[start] if kind == "mark" else ""
        if mark and mark in "=,":
            is_value = mark == "=" or brackets[-1:] == ["["]
        elif mark and mark in "]}":
            if not brackets and not text.startswith("]", end):
                yield Token("header", text.rfind("\n", 0, start) + 1, end, 0)
            del brackets[-1:]
            is_value = False
        elif kind and (is_value or not mark):
            yield Token(mark or (kind if is_value else "key"), start, end, len(brackets))
            brackets += mark
            is_value = mark == "["


def is_bare(text: str, token: Token) -> bool:
    """Whether a token is a value that TOML knows without quotes, with no quotes beside it."""
    return (
        token.kind == "word"
        and _WORD.fullmatch(text, token.start, token.end) is not None
        and text[token.start - 1] not in _QUOTES
        and not text.startswith(_QUOTES, token.end)
    )


def is_long(text: str, token: Token) -> bool:
    """Whether a token is a text that tomllib takes long for, and that JSON writes alike."""
    return (
        token.kind == "text"
        and token.end - token.start >= _LONG
        and _PLAIN_TEXT.fullmatch(text, token.start, token.end) is not None
    )


def read_long_text(text: str, token: Token) -> str:
    """The value of a text for which `is_long` holds."""
    # JSON allows no tab in a text, TOML does.
    value: str = json.loads(text[token.start : token.end], strict=False)
    return value
