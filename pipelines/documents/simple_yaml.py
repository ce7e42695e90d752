"""Simple YAML: the form of nearly every post, parsed ten times as fast by rapidyaml.

rapidyaml is quick, but it accepts text that libyaml refuses, and it may even crash on unusual text.
So a text must pass a gate first: a grammar of one line at a time that leaves no room for doubt.
Text that does not pass goes to libyaml. With both parsers, a full build takes half the time of
libyaml alone.
"""

import json
import operator
import re
from collections import deque
from collections.abc import Sequence
from itertools import compress, repeat
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.
import pyarrow.compute as pc  # type: ignore[import-untyped]  # It has no type hints.
import ryml  # type: ignore[import-untyped]  # It has no type hints.
from ryml import _ryml

from schemas.language.shape import Value

MAX_SIMPLE_CHARACTERS: Final = 1024 * 1024
"""The limit for one front matter, which bounds the tree. The largest known has an eighth of it."""
MAX_RAPID_NODES: Final = 40_000
"""The limit for the nodes of rapidyaml. A key and its value are one node there and two nodes here,
so this is within `MAX_NODES`."""


def to_json(front_matters: Sequence[str]) -> list[bytes | None]:
    """Each front matter as one line of JSON; None if it is not simple.

    All scalars are text or null. Read a line with `read_json`, or reject unknown and repeated keys
    yourself. A line repeats a key if the text does. It has a key that begins with a blank if
    rapidyaml took a line for the continuation of a list, which libyaml refuses.
    """
    texts = [_strip_fence(text) for text in front_matters]
    is_simple = pc.match_substring_regex(pa.array(texts, pa.string()), _SIMPLE).to_pylist()
    writer = _Writer()
    return [
        writer.write(text) if simple else None
        for text, simple in zip(texts, is_simple, strict=True)
    ]


def read_json(line: bytes) -> dict[str, Value] | None:
    """The mapping that a line of `to_json` holds; None if libyaml refuses its text."""
    try:
        front_matter: dict[str, Value] = json.loads(line, object_pairs_hook=_read_mapping)
    except _KeyRefusedError:
        return None
    return front_matter


class _KeyRefusedError(ValueError):
    pass


def _read_mapping(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs) or any(key.startswith(" ") for key in mapping):
        raise _KeyRefusedError
    return mapping


def _strip_fence(text: str) -> str:
    """`text` without its opening fence. With it, rapidyaml would see a stream of documents."""
    first, _, rest = text.partition("\n")
    return rest if first.startswith("---") and not first[3:].strip(" \t") else text


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

_OTHER_NULL: Final = re.compile(r"N(?<=[ \[,]N)(?:ull|ULL) *(?:[,\]]|$)", re.M)
"""Nulls that rapidyaml writes as text. It also matches quoted text that looks like one.

The only other such null, `~`, passes no gate. The pattern begins with the letter and looks back,
since that is 30 times as fast.
"""


def _has_other_null(text: str) -> bool:
    return ("Null" in text or "NULL" in text) and _OTHER_NULL.search(text) is not None


class _Writer:
    """Writes texts as JSON. It keeps its tree and its buffer, which take long to make."""

    def __init__(self) -> None:
        self._tree = ryml.Tree()
        self._json = bytearray(1 << 20)

    def write(self, text: str) -> bytes | None:
        if len(text) > MAX_SIMPLE_CHARACTERS or _has_other_null(text):
            return None
        tree = self._tree
        tree.clear()
        tree.clear_arena()
        # The tree points into the text, which must outlive it.
        source = bytearray(text, "utf-8")
        try:
            ryml.parse_in_place(source, tree)
        except ryml.ExceptionBasic:
            self._tree = ryml.Tree()
            return None
        nodes = range(tree.size())
        if len(nodes) > MAX_RAPID_NODES:
            return None
        # The low-level functions, called by map(). A loop takes three times as long.
        this = repeat(tree.this)
        plain = list(compress(nodes, map(_ryml.Tree_is_val_plain, this, nodes)))
        is_text = map(operator.not_, map(_ryml.Tree_val_is_null, this, plain))
        # Otherwise rapidyaml would write `.5` and `007` as numbers that JSON does not know.
        deque(
            map(_ryml.Tree_set_val_style, this, compress(plain, is_text), repeat(ryml.VAL_DQUO)), 0
        )
        try:
            written = ryml.emit_json_in_place(tree, self._json)
        except IndexError:
            self._json = bytearray(ryml.compute_json_length(tree))
            written = ryml.emit_json_in_place(tree, self._json)
        # Line ends inside of values are escaped.
        line = bytes(written).replace(b"\n", b"")
        # rapidyaml writes the keys `nan` and `inf` like this. No other key begins with a dot.
        return None if b'".nan":' in line or b'".inf":' in line else line
