"""Items: the repeated list of a post is cut out, and each distinct item is parsed once.

Nine tenths of a news archive are related items, and each stands in dozens of posts. Where every
line is a node of its own, as the gate of simple YAML guarantees, an item means the same wherever it
stands. So a post is split at the dashes of its list. An item that was seen before is neither
searched nor decoded again.
"""

import re
from contextlib import suppress
from typing import Final, cast

from pipelines.documents.closings import find_closing
from pipelines.documents.fences import Post
from pipelines.documents.openings import find_yaml_opening
from pipelines.documents.simple_yaml import MAX_UNCOUNTED_CHARACTERS, render_simple_items

MAX_MEMORY_BYTES: Final = 32 * 1024 * 1024
"""The limit for the items that are remembered. Ten times the largest known archive has 24 MB."""

_DASH: Final = re.compile(rb" {0,30}- ")
_ROOT_KEY: Final = re.compile(rb"[A-Za-z_]")


class Items:
    """The distinct items that a worker has seen, by number. They stand under `key`."""

    def __init__(self, key: str) -> None:
        self._list_begins = f"\n{key}:\n".encode()
        self._numbers: dict[bytes, dict[bytes, int]] = {}
        self._json: list[str | None] = []
        self._new: dict[bytes, dict[int, bytes]] = {}
        self._bytes = 0

    def forget_if_full(self) -> None:
        """Forget all items if they take too much memory. Numbers from before are then void."""
        if self._bytes > MAX_MEMORY_BYTES:
            self._numbers.clear()
            self._json.clear()
            self._new.clear()
            self._bytes = 0

    def cut(self, data: bytes) -> tuple[Post, list[int]] | None:
        """The post `data` without its list, and the numbers of the items; None if in any doubt.

        The list ends before the next root key or the closing fence.
        """
        opening = find_yaml_opening(data)
        begin = data.find(self._list_begins) + 1
        dash = _DASH.match(data, begin + len(self._list_begins) - 1) if begin else None
        if opening is None or dash is None or find_closing(data[:begin], opening.end()):
            return None
        found = self._number(data, dash)
        if found is None:
            return None
        numbers, end = found
        closing = find_closing(data, end - 1)
        is_alike = closing and (closing.start() < end or _ROOT_KEY.match(data, end))
        if closing is None or not is_alike or closing.end() > MAX_UNCOUNTED_CHARACTERS:
            return None
        try:
            rest = (data[:begin] + data[end : closing.end(1)]).decode()
            body = data[closing.end() :].decode()
        except UnicodeDecodeError:
            return None
        return Post(rest.removeprefix("\N{BOM}"), body or None), numbers

    def _number(self, data: bytes, dash: re.Match[bytes]) -> tuple[list[int], int] | None:
        """The numbers of the items from `dash` on, and where the list ends; None if it does not.

        It ends with the first line that is indented no deeper than the dash.
        """
        separator = b"\n" + dash[0]
        parts = data[dash.end() :].split(separator)
        known = self._numbers.setdefault(dash[0], {})
        shallow = re.compile(rb"\n {0,%d}[^ \n]" % (len(dash[0]) - 2))
        numbers = list(map(known.get, parts))
        for place in [place for place, number in enumerate(numbers) if number is None]:
            part = parts[place]
            if last := shallow.search(part):
                before = sum(map(len, parts[:place])) + place * len(separator)
                item = part[: last.start()].rstrip(b"\n")
                found = [*numbers[:place], self._remember(dash[0], item)]
                return cast(list[int], found), dash.end() + before + last.start() + 1
            numbers[place] = self._remember(dash[0], part)
        return None

    def _remember(self, dash: bytes, item: bytes) -> int:
        known = self._numbers[dash]
        if item not in known:
            number = known[item] = len(self._json)
            self._json.append(None)
            self._new.setdefault(dash, {})[number] = item
            self._bytes += 2 * len(item)
        return known[item]

    def parse_new(self) -> None:
        """Parse the items that were seen for the first time."""
        for dash, items in self._new.items():
            texts = {}
            for number, item in items.items():
                with suppress(UnicodeDecodeError):
                    texts[number] = f"{(dash + item).decode()}\n"
            rendered = render_simple_items(list(texts.values()))
            for number, json in zip(texts, rendered, strict=True):
                self._json[number] = json
        self._new.clear()

    def list_json(self, numbers: list[int]) -> list[str] | None:
        """The JSON of the items of a post; None if one of them is not simple."""
        found = [self._json[number] for number in numbers]
        return None if None in found else cast(list[str], found)
