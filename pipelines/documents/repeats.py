"""Repeated keys: where the last entry of a key counts, as in PyYAML and Ruby, a warning says so.

As in a dict of Python, the key stands where it stood first, with the value that it had last.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from functools import cached_property
from itertools import islice
from typing import Final, NamedTuple

from pipelines.documents.doubts import MAX_SHOWN_CHARACTERS, Doubt, Doubts
from pipelines.documents.field_path import FieldPath
from pipelines.documents.json_text import render_json
from pipelines.documents.places import Lines
from pipelines.mapping.post_mapping import REPEATED_KEY_RULE
from schemas.language.shape import Value

MAX_SHOWN_ENTRIES: Final = 3
MAX_VALUE_CHARACTERS: Final = 200


class Entry(NamedTuple):
    """A key and its value, from where to where they stand. `before` is another one of this key.

    `number` counts the entries of the key.
    """

    value: Value
    begin: int
    end: int
    before: "Entry | None" = None
    number: int = 1


class Keys:
    """Where the keys of one mapping stand, in the order of the text."""

    def __init__(self) -> None:
        self._begins: list[int] = []
        self._last: dict[str, int] = {}
        self._dropped: dict[str, Entry] = {}

    def note(self, key: str, begin: int) -> None:
        """Note that an entry of `key` begins here."""
        self._begins.append(begin)
        self._last[key] = begin

    def drop(self, key: str, value: Value, position: int) -> Entry:
        """The last entry of `key`, with its `value`. Another one stands at `position`."""
        begin = self._last[key]
        following = bisect_right(self._begins, begin)
        end = self._begins[following] if following < len(self._begins) else position
        before = self._dropped.get(key)
        entry = Entry(value, begin, end, before, before.number + 1 if before else 1)
        self._dropped[key] = entry
        return entry


class Repeats:
    """Turns the repeated keys of a text into doubts."""

    def __init__(self, text: str, secret_keys: Collection[str], doubts: Doubts) -> None:
        self._text = text
        self._secret_keys = secret_keys
        self._doubts = doubts

    def add(
        self, key: str, mapping: FieldPath, secret_key: str, position: int, before: Entry
    ) -> None:
        """Note that `key` stands at `position`, too, and that its entry `before` does not count.

        `mapping` is the path of both. `secret_key` is the secret that they are a part of, or empty.
        """
        if secret_key:
            name = f"a key inside {secret_key}"
            path = mapping[: mapping.index(secret_key) + 1]
        else:
            name = f"the key {key[:MAX_SHOWN_CHARACTERS]}"
            path = (*mapping, key)
        is_secret = bool(secret_key) or key in self._secret_keys
        doubt = Doubt(
            REPEATED_KEY_RULE,
            path,
            position,
            None if is_secret else self._show(before),
            "each key once",
            f"{name} stands {self._count(before)}",
        )
        self._doubts.add_dropped(doubt, before.begin, before.end)

    def _count(self, before: Entry) -> str:
        """How often a key stands, and which of its values do not count."""
        if before.number == 1:
            line = self._lines.find_place(before.begin).line
            return f"twice: this value counts, the one in line {line} does not"
        times = f"{before.number + 1} times: this value counts"
        if before.number > MAX_SHOWN_ENTRIES:
            return f"{times}, the {before.number} before it do not"
        *lines, last = (self._lines.find_place(each.begin).line for each in _list_last(before))
        return f"{times}, those in lines {', '.join(map(str, lines))} and {last} do not"

    def _show(self, before: Entry) -> str:
        """What does not count. If that is more than one value, they are a list."""
        values = [_without(each.value, self._secret_keys) for each in _list_last(before)]
        shown = values[0] if len(values) == 1 else values
        text = shown if isinstance(shown, str) else render_json(shown)
        return text[:MAX_VALUE_CHARACTERS]

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self._text)


def _list_last(entry: Entry) -> list[Entry]:
    """The last few entries of a key up to `entry`, in the order of the text."""
    return list(islice(_follow_back(entry), MAX_SHOWN_ENTRIES))[::-1]


def _follow_back(entry: Entry | None) -> Iterator[Entry]:
    while entry:
        yield entry
        entry = entry.before


def _without(value: Value, keys: Collection[str]) -> Value:
    """`value` without anything below one of `keys`."""
    if isinstance(value, dict):
        return {key: _without(each, keys) for key, each in value.items() if key not in keys}
    return [_without(each, keys) for each in value] if isinstance(value, list) else value
