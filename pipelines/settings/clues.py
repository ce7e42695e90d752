"""Clues: what posts hold that a mapping does not read, so that settings can be proposed.

A worker finds the clues of a batch. Those of all batches are added up.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import PurePosixPath
from typing import Final, Literal

from pipelines.mapping.items import IMAGE
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.source import INVERSE, PLACE
from pipelines.mapping.translate import Translated
from pipelines.mapping.written_dates import is_date
from schemas.documents import ARCHIVE
from schemas.language.archive import MAPPED
from schemas.language.shape import Value

Clue = Literal[
    "boolean",
    "integer",
    "number",
    "timestamp",
    "url",
    "text",
    "list",
    "links",
    "other",
    "long",
    "filled",
    "dates",
    "dates if reshaped",
    "titles",
    "bodies",
    "images",
    "has zone",
    "lacks zone",
]
"""What can be said of the value of a key. The first nine are kinds, and each value has one.

`filled` counts all values. `dates` counts posts that have no date, and that the key would date, and
so do `titles` and `bodies`. Zones are those of times that date posts.
"""
PATH_KEY: Final = "@path"
PUBLISHED: Final = "@published"
"""Not a key: what dates a post."""
MOST_DEPTH: Final = 4
"""How many folders of a path are counted apart."""

PATH_DATE: Final = (
    r"(?:^|[^0-9])((?:19|20)[0-9]{2})[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12][0-9]|3[01])(?![0-9])"
)
"""A date in a path that the mapping does not find, like 20240305 or 2024_03_05."""
OTHER_DATE: Final = r"^\s*([0-9]{4})[/.](0?[1-9]|1[0-2])[/.](0?[1-9]|[12][0-9]|3[01])(?![0-9])(.*)$"
"""A date whose parts are in order, but not between dashes."""
_FLAG: Final = re.compile(r"true|false|yes|no|on|off", re.IGNORECASE)
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,8})")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]+")
_ADDRESS: Final = re.compile(r"https?://[^\s]+")
_PATH: Final = re.compile(r"/[^\s]*")
_IMAGE: Final = re.compile(r"\S.*\.(?:avif|gif|jpe?g|png|svg|webp)(?:\?\S*)?", re.IGNORECASE)
_TIME: Final = re.compile(r"[0-9][Tt\s]\s*[0-9]{1,2}:[0-9]{2}")
_ZONE: Final = re.compile(r":[0-9.:]+\s*(?:[Zz]|[-+][0-9:]+)\s*$")
_LONG: Final = 400
"""More characters than this are no title and no fact, but a text to read."""


@dataclass
class Clues:
    """Counts of what is found in valid posts.

    `keys` are counted by key and clue. A key inside of a mapping is written like `extra.team`.
    `items` are those of lists of mappings, by key, key of the item (empty: all items) and clue.
    `folders` are counted by each folder that holds a post at any depth, the outer four of them, and
    by `posts`, `own posts` (in the folder itself, or further down than these four) or `dated`.
    """

    keys: Counter[tuple[str, Clue]] = field(default_factory=Counter)
    items: Counter[tuple[str, str, Clue]] = field(default_factory=Counter)
    folders: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, other: "Clues") -> None:
        """Add the clues of other posts."""
        for each in fields(self):
            getattr(self, each.name).update(getattr(other, each.name))

    def note(
        self,
        source_path: str,
        translated: Translated,
        mapping: PostMapping,
        *,
        is_dated: bool,
        is_titled: bool,
        has_body: bool,
    ) -> None:
        """Note what one valid post holds."""
        self._note_folders(source_path, is_dated=is_dated)
        self._note_date(source_path, translated, is_dated=is_dated)
        for key, value in list_unread(translated, mapping):
            if value in (None, "", [], {}) or (isinstance(value, str) and not value.strip()):
                continue
            self.keys[key, "filled"] += 1
            self.keys[key, name_kind(value)] += 1
            if _is_image(value):
                self.keys[key, "images"] += 1
            if isinstance(value, str):
                self._note_text(key, value, is_dated, is_titled, has_body)
            elif isinstance(value, list):
                self._note_items(key, value)

    def _note_folders(self, source_path: str, *, is_dated: bool) -> None:
        parents = [str(each) for each in PurePosixPath(source_path).parents]
        # The last one is the raw folder itself.
        outer = [*reversed(parents[:-1])][:MOST_DEPTH]
        self.folders[outer[-1] if outer else "", "own posts"] += 1
        for folder in ("", *outer):
            self.folders[folder, "posts"] += 1
            self.folders[folder, "dated"] += is_dated

    def _note_date(self, source_path: str, translated: Translated, *, is_dated: bool) -> None:
        published = translated.values.get(ARCHIVE.date_key)
        if is_dated and isinstance(published, str) and _TIME.search(published):
            zone: Clue = "has zone" if _ZONE.search(published) else "lacks zone"
            self.keys[PUBLISHED, zone] += 1
        if not is_dated and re.search(PATH_DATE, source_path):
            self.keys[PATH_KEY, "dates"] += 1
        if not is_dated and isinstance(published, str) and re.match(OTHER_DATE, published):
            # The key dates posts already, but not this one.
            origin = translated.origins.get(ARCHIVE.date_key)
            if origin:
                self.keys[origin, "dates if reshaped"] += 1

    def _note_text(
        self, key: str, text: str, is_dated: bool, is_titled: bool, has_body: bool
    ) -> None:
        is_long = len(text) > _LONG
        if is_long:
            self.keys[key, "long"] += 1
        if is_long and not has_body:
            self.keys[key, "bodies"] += 1
        if not is_dated and is_date(text):
            self.keys[key, "dates"] += 1
        if not is_dated and re.match(OTHER_DATE, text):
            self.keys[key, "dates if reshaped"] += 1
        if not is_titled and not is_long:
            self.keys[key, "titles"] += 1

    def _note_items(self, key: str, items: list[Value]) -> None:
        for item in items:
            if isinstance(item, dict):
                self.items[key, "", "filled"] += 1
                for name, value in item.items():
                    if isinstance(value, str) and value.strip():
                        # Inside of an item, a path from the root of the site is an address, too.
                        kind = "url" if _PATH.fullmatch(value.strip()) else name_kind(value)
                        self.items[key, name, kind] += 1


def list_unread(translated: Translated, mapping: PostMapping) -> Iterator[tuple[str, Value]]:
    """The keys of a post that `mapping` and the tables do not know, and those inside of mappings.

    Only keys are listed that settings can name.
    """
    for key, value in translated.values.items():
        if key in ARCHIVE.shape or key.startswith(MAPPED) or not _is_nameable(key):
            continue
        uses = mapping.uses.get(key.casefold(), ())
        if any(not use.inner for use in uses):
            continue
        if not isinstance(value, dict):
            yield key, value
            continue
        known = {use.inner[0] for use in uses}
        for name, inner in value.items():
            if name.casefold() not in known and _is_nameable(name):
                yield f"{key}.{name}", inner


def name_kind(value: Value) -> Clue:
    """The kind of column that holds a value as it is."""
    if isinstance(value, str):
        return _name_text(value.strip())
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        is_links = all(_ADDRESS.fullmatch(str(item).strip()) for item in value)
        return "links" if is_links else "list"
    return "other"


def _name_text(text: str) -> Clue:
    if _FLAG.fullmatch(text):
        return "boolean"
    if _INTEGER.fullmatch(text):
        return "integer"
    if _NUMBER.fullmatch(text):
        return "number"
    if is_date(text):
        return "timestamp"
    return "url" if _ADDRESS.fullmatch(text) else "text"


def _is_image(value: Value) -> bool:
    """Whether a value names images, and nothing else."""
    if isinstance(value, str):
        return _IMAGE.fullmatch(value.strip()) is not None
    if isinstance(value, list) and value:
        return all(_is_image(item) for item in value)
    if isinstance(value, dict):
        return any(_is_image(value.get(name)) for name in IMAGE.keys["url"])
    return False


def _is_nameable(key: str) -> bool:
    """Whether settings can name a key. A dot there stands for a key inside of another one."""
    is_plain = key.isprintable() and "." not in key and bool(key.strip())
    return is_plain and not key.startswith((PLACE, INVERSE)) and key not in ARCHIVE.secret_keys
