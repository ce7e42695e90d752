"""The front matter of one file in JSON, every value as the text that was written.

The standard library reads the text in quotes. All else is read here: `json` would turn numbers into
those of Python, take the last of repeated keys without a word, and know no places.
"""

import re
from collections.abc import Callable, Collection, Iterable
from json import JSONDecodeError, JSONDecoder
from typing import Final, NoReturn

from pipelines.documents.doubts import Doubts, FrontMatter
from pipelines.documents.field_path import FieldPath
from pipelines.documents.limits import MAX_LEVELS, MAX_NODES, shorten
from pipelines.documents.places import Lines, Place
from pipelines.documents.repeats import Keys, Repeats
from pipelines.errors import FrontMatterError
from pipelines.mapping.post_mapping import REPEATED_KEY_RULE, RepeatedKeys
from schemas.language.shape import Value

_BLANKS = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"[^\s,:\[\]{}\"]+")
_SCALAR = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBER_LIKE = re.compile(r"[-+]?\.?[0-9][0-9._]*")
_TEXT: Final = JSONDecoder()


def read_json(
    text: str, secret_keys: Collection[str], repeated_keys: RepeatedKeys = "reject"
) -> FrontMatter:
    """The mapping that `text` holds, and the doubts about its repeated keys.

    No error and no doubt shows anything from below one of the `secret_keys`.

    Raises:
        FrontMatterError: It is not JSON, not an object, or beyond a limit.
    """
    return _Reader(text, secret_keys, repeated_keys).read()


def locate_in_json(text: str, paths: Iterable[FieldPath]) -> dict[FieldPath, Place]:
    """Where the values of `paths` begin. An absent value is placed where its parent begins.

    `text` must be accepted by `read_json`.
    """
    begins: dict[FieldPath, int] = {}
    _Reader(text, (), "last", begins.__setitem__).read()
    lines = Lines(text)
    return {path: lines.find_place(_find_begin(begins, path)) for path in paths}


def _find_begin(begins: dict[FieldPath, int], path: FieldPath) -> int:
    begin = begins[()]
    for length in range(1, len(path) + 1):
        inner = begins.get(path[:length], -1)
        # What begins before its parent is a part of an entry that does not count.
        if inner < begin:
            break
        begin = inner
    return begin


class _Reader:
    """Reads values from left to right. `note` gets the path of each value and where it begins.

    A path is that of a container, with one step more for what it holds.
    """

    def __init__(
        self,
        text: str,
        secret_keys: Collection[str],
        repeated_keys: RepeatedKeys,
        note: Callable[[FieldPath, int], None] | None = None,
    ) -> None:
        self._text = text
        self._secret_keys = secret_keys
        self._repeated_keys = repeated_keys
        self._secret_key = ""
        self._doubts = Doubts(text)
        self._repeats = Repeats(text, secret_keys, self._doubts)
        self._note = note
        self._at = 0
        self._nodes = 0

    def read(self) -> FrontMatter:
        start = self._skip_blanks()
        if start == len(self._text):
            return FrontMatter({})
        root = self._read_value((), 1)
        if self._skip_blanks() < len(self._text):
            self._fail("is_one_document", "found more after the value", "only one object")
        if not isinstance(root, dict):
            self._fail("is_mapping", "found something else", "an object in braces", start)
        return FrontMatter(root, self._doubts.list_all())

    def _read_value(self, path: FieldPath, level: int) -> Value:
        if self._note:
            self._note(path, self._at)
        self._count(level)
        character = self._text[self._at : self._at + 1]
        if character == '"':
            return self._read_text()
        if character == "{":
            return self._read_entries(path, level + 1)
        if character == "[":
            return self._read_items(path, level + 1)
        return self._read_word()

    def _read_items(self, path: FieldPath, level: int) -> list[Value]:
        items: list[Value] = []
        start = self._at
        if self._open("]"):
            return items
        while True:
            items.append(self._read_value((*path, len(items)), level))
            if self._close("]", start):
                return items

    def _read_entries(self, path: FieldPath, level: int) -> dict[str, Value]:
        entries: dict[str, Value] = {}
        keys = Keys()
        start = self._at
        if self._open("}"):
            return entries
        while True:
            self._count(level)
            begin = self._at
            key = self._read_key(entries)
            if key in entries:
                before = keys.drop(key, entries[key], begin)
                self._repeats.add(key, path, self._secret_key, begin, before)
            keys.note(key, begin)
            outer = self._secret_key
            if not outer and key in self._secret_keys:
                self._secret_key = key
            entries[key] = self._read_value((*path, key), level)
            self._secret_key = outer
            if self._close("}", start):
                return entries

    def _read_key(self, known: Collection[str]) -> str:
        start = self._at
        if self._text[start : start + 1] != '"':
            self._fail("is_json", "found a key without quotes", "double quotes around it")
        key = self._read_text()
        if key in known and self._repeated_keys == "reject":
            found = f'found the key "{shorten(key)}" again'
            self._fail(REPEATED_KEY_RULE, found, "each key once", start, key)
        if not self._text.startswith(":", self._skip_blanks()):
            self._fail("is_json", "found no colon after the key", "one")
        self._skip(1)
        return key

    def _open(self, end: str) -> bool:
        """Enter a container. True if it is empty, and thus left again."""
        self._skip(1)
        if self._text[self._at : self._at + 1] != end:
            return False
        self._at += 1
        return True

    def _close(self, end: str, start: int) -> bool:
        """Go on behind a value. True if its container ends there."""
        at = self._skip_blanks()
        character = self._text[at : at + 1]
        if character == end:
            self._at += 1
            return True
        if character != ",":
            self._fail_between(end, start)
        self._skip(1)
        if self._text[self._at : self._at + 1] == end:
            self._fail("is_json", f"found a comma before the {end}", "none after the last one", at)
        return False

    def _read_text(self) -> str:
        start = self._at
        try:
            value, self._at = _TEXT.raw_decode(self._text, start)
        except JSONDecodeError as error:
            self._fail_text(error, start)
        if _SURROGATE.search(value):
            self._fail("is_json", "found half of a character", "both \\u escapes of it", start)
        return str(value)

    def _read_word(self) -> str | None:
        found = _WORD.match(self._text, self._at)
        if found is None:
            self._fail("is_json", "found no value", "one")
        if not _SCALAR.fullmatch(found[0]):
            self._fail_word(found[0])
        self._at = found.end()
        return None if found[0] == "null" else found[0]

    def _skip(self, count: int) -> None:
        self._at += count
        self._skip_blanks()

    def _skip_blanks(self) -> int:
        found = _BLANKS.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at

    def _count(self, level: int) -> None:
        self._nodes += 1
        if level > MAX_LEVELS:
            self._fail("is_within_levels", "found more levels", f"at most {MAX_LEVELS}")
        if self._nodes > MAX_NODES:
            self._fail("is_within_nodes", "found more nodes", f"at most {MAX_NODES:,}")

    def _fail_between(self, end: str, start: int) -> NoReturn:
        if self._at == len(self._text):
            begins = self._text[start]
            self._fail("is_json", f"found a {begins} without an end", f"a {end}", start)
        if self._text.startswith(("//", "/*", "#"), self._at):
            self._fail("is_json", "found a comment", "none, since JSON has no comments")
        self._fail(
            "is_json", "found no comma after the value", f"a comma, or the {end} that ends it"
        )

    def _fail_text(self, error: JSONDecodeError, start: int) -> NoReturn:
        if error.msg.startswith("Unterminated"):
            self._fail(
                "is_json", "found text without an end", 'a " that ends what begins here', start
            )
        if error.msg.startswith("Invalid control character"):
            problem = "found a line break, tab or control character in quotes"
            self._fail("is_json", problem, 'a " before it, or an escape like \\n', error.pos)
        self._fail("is_json", "found an unknown escape", "\\\\ for each backslash", error.pos)

    def _fail_word(self, word: str) -> NoReturn:
        if word.startswith(("//", "/*", "#")):
            self._fail("is_json", "found a comment", "none, since JSON has no comments")
        if word.startswith("'"):
            self._fail("is_json", "found single quotes", "double quotes")
        if _NUMBER_LIKE.match(word):
            expected = "quotes around a date, or around anything else that is not a plain number"
            self._fail("is_json", "found no number of JSON", expected)
        expected = "quotes around text, or true, false or null in small letters"
        self._fail("is_json", "found text without quotes", expected)

    def _fail(
        self,
        rule: str,
        problem: str,
        expected: str,
        at: int | None = None,
        value: str | None = None,
    ) -> NoReturn:
        place = Lines(self._text).find_place(self._at if at is None else at)
        if self._secret_key:
            problem = f"found something wrong inside {self._secret_key}"
            expected, value = "valid JSON", None
        raise FrontMatterError(
            rule, problem, expected, line=place.line, column=place.column, value=value
        )
