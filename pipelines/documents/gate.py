"""The gate: YAML so simple that each of its lines is a node of its own.

It is a grammar of one line at a time that leaves no room for doubt. What passes needs no careful
parser.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

# `pyarrow.compute` would wrap every function, which takes as long as parsing hundreds of posts.
from pyarrow._compute import (  # type: ignore[import-untyped]  # It has no type hints.
    MatchSubstringOptions,
    call_function,
)

MAX_SIMPLE_CHARACTERS: Final = 1024 * 1024
"""The limit for one text, which bounds the tree. The largest known has an eighth of it."""


def list_simple(texts: Sequence[str]) -> Iterator[int]:
    """The places of the front matters, without their fences, that pass the gate."""
    return _list_matches(texts, _SIMPLE)


def list_simple_items(items: Sequence[str]) -> Iterator[int]:
    """The places of the items that pass it. Each begins with a dash, all in one column."""
    return _list_matches(items, _SIMPLE_ITEM)


def strip_fence(text: str) -> str:
    """`text` without its opening fence. With it, rapidyaml would see a stream of documents."""
    first, _, rest = text.partition("\n")
    return rest if first.startswith("---") and not first[3:].strip(" \t") else text


def _list_matches(texts: Sequence[str], pattern: str) -> Iterator[int]:
    """The places of the texts that match and are not too long."""
    options = MatchSubstringOptions(pattern)
    is_match = call_function("match_substring_regex", [pa.array(texts, pa.string())], options)
    for place in compress(range(len(texts)), is_match.to_pylist()):
        if len(texts[place]) <= MAX_SIMPLE_CHARACTERS and not _has_other_null(texts[place]):
            yield place


def _characters(excluded: str) -> str:
    """A pattern for one printable character, as YAML defines it, that is not `excluded`.

    It excludes the tab, the BOM, and the line ends that only YAML has (U+0085, U+2028, U+2029).
    """
    kept = "".join(f"\\x{code:02x}" for code in range(0x20, 0x7F) if chr(code) not in excluded)
    return (
        rf"[{kept}\x{{A0}}-\x{{2027}}\x{{202A}}-\x{{D7FF}}\x{{E000}}-\x{{FEFE}}\x{{FF00}}-\x{{FFFD}}"
        r"\x{10000}-\x{10FFFF}]"
    )


def _plain(excluded: str = "", after_colon: str = "") -> str:
    """A plain scalar on one line. None of its words ends with a colon or begins with a hash."""
    inside = rf"(?:{_characters(' :' + excluded)}|:+{_characters(' :' + excluded + after_colon)})"
    start = rf"(?:{_characters(_INDICATORS + excluded)}|-[0-9A-Za-z.])"
    next_start = (
        rf"(?:{_characters(' :#' + excluded)}|:+{_characters(' :' + excluded + after_colon)})"
    )
    return rf"{start}{inside}*(?: +{next_start}{inside}*)*"


_INDICATORS: Final = " -?:,[]{}#&*!|>'\"%@`~"
_KEY: Final = r"[A-Za-z_][A-Za-z0-9_-]{0,99}:"
_ESCAPE: Final = (
    r"\\(?:[\"\\/nrt]|u(?:00[A-Fa-f]|0[1-9A-Fa-f][0-9A-Fa-f]|[1-9A-Ca-c][0-9A-Fa-f]{2}|"
    r"[Dd][0-7][0-9A-Fa-f]|[EFef][0-9A-Fa-f]{2})[0-9A-Fa-f])"
)
_DOUBLE_QUOTED: Final = rf'"(?:{_characters(chr(34) + chr(92))}|{_ESCAPE})*"'
_SINGLE_QUOTED: Final = rf"'(?:{_characters(chr(39))}|'')*'"
_ITEM: Final = rf"(?:{_DOUBLE_QUOTED}|{_SINGLE_QUOTED}|{_plain(',[]{}', '?')})"
_FLOW: Final = rf"\[ *(?:{_ITEM}(?: *, *{_ITEM})*)? *\]"
_VALUE: Final = rf"(?:{_DOUBLE_QUOTED}|{_SINGLE_QUOTED}|{_FLOW}|{_plain()})"
_INDENT: Final = r" {0,30}"
"""With as few blanks as this, no text comes near 64 levels: a level takes one column on average."""
_BLANK: Final = rf"(?: *| *#{_characters('')}*)\n"
_ROOT_ENTRY: Final = rf"{_KEY}(?: +{_VALUE})? *\n"
_LINE: Final = rf"(?:{_INDENT}(?:- +)?{_KEY}(?: +{_VALUE})? *\n|{_INDENT}- +{_VALUE} *\n|{_BLANK})"
_SIMPLE: Final = rf"\A(?:{_BLANK})*{_ROOT_ENTRY}{_LINE}*\z"
_SIMPLE_ITEM: Final = rf"\A{_LINE}+\z"

_OTHER_NULL: Final = re.compile(r"N(?<=[ \[,]N)(?:ull|ULL) *(?:[,\]]|$)", re.M)
"""Nulls that rapidyaml writes as text. It also matches quoted text that looks like one.

The only other such null, `~`, passes no gate. The pattern begins with the letter and looks back,
since that is 30 times as fast.
"""


def _has_other_null(text: str) -> bool:
    return ("Null" in text or "NULL" in text) and _OTHER_NULL.search(text) is not None
