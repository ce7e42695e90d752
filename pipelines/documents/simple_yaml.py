"""Simple YAML: the form of nearly every post, parsed ten times as fast by rapidyaml.

rapidyaml is quick, but it accepts text that libyaml refuses, and it may even crash on unusual text.
So a text must pass the gate first. Text that does not pass goes to libyaml.

A call of rapidyaml takes longer than parsing a small post. So many texts are parsed as the items of
one sequence.
"""

import json
import operator
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import compress, repeat
from typing import Final

import ryml  # type: ignore[import-untyped]  # It has no type hints.
from ryml import _ryml

from pipelines.documents.gate import list_simple, list_simple_items, strip_fence
from pipelines.documents.json_text import render_json
from pipelines.values.groups import split_by_size
from schemas.language.shape import Value

MAX_UNCOUNTED_CHARACTERS: Final = 150_000
"""Up to here, the nodes of a text need not be counted. In text that passes the gate, a node takes
one and a half characters at least (`a:` and a line end are two nodes), so these are within the
limit of nodes."""
MAX_RAPID_NODES: Final = 40_000
"""The limit for the nodes of rapidyaml in a longer text. A key and its value are one node there and
two nodes here, so this is within `MAX_NODES`."""
SEQUENCE_CHARACTERS: Final = 150_000
"""The size of a sequence of texts. Longer ones are not parsed faster."""


def parse_simple(front_matters: Sequence[str]) -> list[dict[str, Value] | None]:
    """The mapping of each front matter, every scalar as text or null.

    None if its YAML is not simple, or libyaml might refuse it.
    """
    texts = [strip_fence(text) for text in front_matters]
    # Each becomes an item of a list, with its lines one blank further right.
    items = {
        place: "-\n " + texts[place][:-1].replace("\n", "\n ") + "\n"
        for place in list_simple(texts)
    }
    values = dict(_parse_items(items))
    mappings = (values.get(place) for place in range(len(texts)))
    return [value if isinstance(value, dict) else None for value in mappings]


def render_simple_items(items: Sequence[str]) -> list[str | None]:
    """The JSON of each item, a text that begins with a dash. All dashes are in one column.

    None if its YAML is not simple, or libyaml might refuse it.
    """
    simple = {place: items[place] for place in list_simple_items(items)}
    rendered = {place: render_json(value) for place, value in _parse_items(simple)}
    return [rendered.get(place) for place in range(len(items))]


def _parse_items(items: Mapping[int, str]) -> Iterator[tuple[int, Value]]:
    """The values of `items` of one list, by their places, but for those that are in doubt."""
    parser = _Parser()
    sizes = map(len, items.values())
    for places in split_by_size(items, sizes, SEQUENCE_CHARACTERS):
        values = parser.parse([items[place] for place in places])
        if values is not None:
            yield from zip(places, values, strict=True)
        elif len(places) > 1:
            # One of them made all doubtful.
            alone = ((place, parser.parse([items[place]])) for place in places)
            yield from ((place, found[0]) for place, found in alone if found)


class _Parser:
    """Parses lists of items. It keeps its tree and its buffer, which take long to make."""

    def __init__(self) -> None:
        self._tree = ryml.Tree()
        self._json = bytearray(1 << 20)

    def parse(self, items: Sequence[str]) -> list[Value] | None:
        """The value of each of `items`, which pass the gate; None if there is any doubt."""
        text = "".join(items)
        json_text = self._write_json(text)
        if json_text is None or _STRANGE_KEY.search(json_text):
            return None
        try:
            values = json.loads(json_text, object_pairs_hook=_read_mapping)
        except _RepeatedKeyError:
            return None
        return values if len(values) == len(items) else None

    def _write_json(self, text: str) -> str | None:
        """The list that `text` holds as JSON; None if rapidyaml refuses it, or it is too large."""
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
        if len(text) > MAX_UNCOUNTED_CHARACTERS and len(nodes) > MAX_RAPID_NODES:
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
        return str(written, "utf-8")


_STRANGE_KEY: Final = re.compile(r'\n *"(?: (?:[^"\\]|\\.)*|\.nan|\.inf)": ')
"""A key that begins with a blank, since rapidyaml took a line for the continuation of a list, which
libyaml refuses. Or one of the keys `nan` and `inf`, which rapidyaml writes like this. rapidyaml
writes each key on a line of its own."""


class _RepeatedKeyError(ValueError):
    pass


def _read_mapping(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise _RepeatedKeyError
    return mapping
