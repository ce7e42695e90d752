"""Doubts: what YAML takes for something else than its author, and so drops or names otherwise.

They are warnings, since it may be meant so. Only libyaml's way looks for them: the gate of simple
YAML lets no text pass in which anything is in doubt. In JSON, only repeated keys are.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

from pipelines.documents.field_path import FieldPath
from pipelines.documents.invisible import (
    INVISIBLE,
    is_space,
    name_character,
    strip_invisible,
)
from pipelines.documents.places import Lines, Place
from schemas.language.shape import Value

MAX_SHOWN_CHARACTERS: Final = 100
"""The limit for what a message shows of a file."""

_COMMENT: Final = re.compile(r"(?P<blanks>[ \t]*)#(?P<words>[^\r\n]*)")
_BLOCK_STYLES: Final = ("|", ">")
_INVISIBLE_EDGE: Final = re.compile(rf"\A{INVISIBLE}|{INVISIBLE}\Z")
_INVISIBLE_INDENT: Final = re.compile(rf"[\r\n][ \t]*({INVISIBLE})")
_IN_QUOTES: Final = "put the value in quotes"


class Doubt(NamedTuple):
    """What may be meant otherwise. `value` is what was found, None if that is a secret.

    `position` counts the characters of the front matter.
    """

    rule: str
    path: FieldPath
    position: int
    value: str | None
    expected: str
    message: str


class FrontMatter(NamedTuple):
    """The mapping that a front matter holds, and what is in doubt, in the order of the text."""

    values: dict[str, Value]
    doubts: Sequence[Doubt] = ()


def locate_doubts(text: str, doubts: Sequence[Doubt]) -> list[tuple[Doubt, Place]]:
    """The doubts about the front matter `text`, each with its place."""
    if not doubts:
        return []
    lines = Lines(text)
    return [(doubt, lines.find_place(doubt.position)) for doubt in doubts]


class Doubts:
    """Collects the doubts about a text, from the events that libyaml makes of it.

    Each event comes with its field path. If that is the path of a secret, `is_secret` is true and
    nothing of the text is shown.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: list[Doubt] = []
        self._anchors: dict[str, Doubt] = {}
        self._dropped: list[tuple[int, int]] = []
        self._invisible: Doubt | None = None
        self._may_have_comments = "#" in text
        self._may_indent_invisibly = _INVISIBLE_INDENT.search(text) is not None

    def add_scalar(self, event: Any, path: FieldPath, is_secret: bool) -> None:
        """Look for what YAML drops of a scalar, or takes for a part of it."""
        if event.tag == "!" and not event.style:
            self._found.append(_doubt_tag(event, path))
        comment = _find_comment(self._text, event) if self._may_have_comments else None
        if comment:
            self._found.append(_doubt_comment(comment, path, is_secret=is_secret))
        if self._may_indent_invisibly and self._invisible is None:
            self._invisible = _doubt_indentation(self._text, event, path)

    def add_key(self, event: Any, path: FieldPath, is_secret: bool) -> None:
        """Look for an invisible character at an edge of a key."""
        if self._invisible is None:
            self._invisible = _doubt_key(event, path, is_secret=is_secret)

    def add_anchor(self, event: Any, path: FieldPath, is_secret: bool, *, is_text: bool) -> None:
        """Note an anchor, which is in doubt until an alias uses it."""
        self._anchors[event.anchor] = _doubt_anchor(
            event, path, is_text=is_text, is_secret=is_secret
        )

    def use_anchor(self, name: str) -> None:
        """Note that an alias uses an anchor."""
        self._anchors.pop(name, None)

    def add_dropped(self, doubt: Doubt, begin: int, end: int) -> None:
        """Note a doubt about the text from `begin` to `end`, which counts for nothing.

        No other doubt about that text matters then.
        """
        self._found.append(doubt)
        self._dropped.append((begin, end))

    def list_all(self) -> list[Doubt]:
        """The doubts in the order of the text, one for each rule and path."""
        # Lines that are pasted come together, so one warning for all of them is enough.
        once = [self._invisible] if self._invisible else []
        doubts = [*_leave_out([*self._found, *self._anchors.values()], self._dropped), *once]
        # Reversed, so that the first one of each stays.
        doubts.sort(key=attrgetter("position"), reverse=True)
        distinct = {(doubt.path, doubt.rule): doubt for doubt in doubts}
        return sorted(distinct.values(), key=attrgetter("position"))


def _leave_out(doubts: list[Doubt], spans: list[tuple[int, int]]) -> list[Doubt]:
    """The doubts that are in none of `spans`. These may lie within each other."""
    if not spans:
        return doubts
    outer: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if not outer or begin >= outer[-1][1]:
            outer.append((begin, end))
    begins = [begin for begin, _ in outer]
    numbers = [bisect_right(begins, doubt.position) for doubt in doubts]
    return [
        doubt
        for doubt, number in zip(doubts, numbers, strict=True)
        if not number or doubt.position >= outer[number - 1][1]
    ]


def _find_comment(text: str, event: Any) -> re.Match[str] | None:
    """The comment after a scalar that may be a part of its value; None if there is none.

    After a plain value, it is any comment. After a key without a value, it is one without a blank
    behind the hash, as in `color: #fff`. After quotes, it is one without a blank before the hash,
    which only libyaml takes for a comment. A comment after a list, a mapping or an alias, or on a
    line of its own, is none: nobody takes it for a part of a value.
    """
    comment = _COMMENT.match(text, event.end_mark.index)
    if comment is None or event.style in _BLOCK_STYLES:
        return None
    if event.style:
        return None if comment["blanks"] else comment
    return comment if event.value or comment["words"][:1].strip() else None


def _doubt_comment(comment: re.Match[str], path: FieldPath, *, is_secret: bool) -> Doubt:
    """The doubt whether `comment` is one."""
    return _doubt(
        "keeps_all_text",
        path,
        comment.end("blanks"),
        None if is_secret else f"#{comment['words']}",
        "quotes around a value with a # in it",
        f"a comment: {_IN_QUOTES}",
    )


def _doubt_anchor(event: Any, path: FieldPath, *, is_text: bool, is_secret: bool) -> Doubt:
    """The doubt about an anchor that no alias uses."""
    value = None if is_secret else f"&{event.anchor}"
    position = event.start_mark.index
    if is_text:
        expected, words = "quotes around a value that begins with &", _IN_QUOTES
    else:
        expected, words = "an alias of each anchor", "remove it"
    return _doubt(
        "uses_its_anchor",
        path,
        position,
        value,
        expected,
        f"an anchor, which nothing uses: {words}",
    )


def _doubt_key(event: Any, path: FieldPath, *, is_secret: bool) -> Doubt | None:
    """The doubt about an invisible character at an edge of a key; None if there is none."""
    found = _INVISIBLE_EDGE.search(event.value)
    if found is None:
        return None
    mark = event.end_mark.index - 1 if found.start() else event.start_mark.index
    key = f'"{strip_invisible(event.value)[:MAX_SHOWN_CHARACTERS]}"'
    where = f"{'after' if found.start() else 'before'} the key"
    return _doubt_invisible(found[0], path, mark, where if is_secret else f"{where} {key}")


def _doubt_indentation(text: str, event: Any, path: FieldPath) -> Doubt | None:
    """The same for an invisible character that indents a line of a plain value."""
    begin, end = event.start_mark.index, event.end_mark.index
    found = None if event.style else _INVISIBLE_INDENT.search(text, begin, end)
    where = "before a line that was perhaps meant to be indented"
    return _doubt_invisible(found[1], path, found.start(1), where) if found else None


def _doubt_invisible(character: str, path: FieldPath, position: int, where: str) -> Doubt:
    return Doubt(
        "is_visible",
        path,
        position,
        character,
        "spaces, and no invisible character at the edge of a key or of a line",
        f"{name_character(character)} stands {where}, and YAML takes it for text: "
        f"{'put a space in its place' if is_space(character) else 'remove it'}",
    )


def _doubt_tag(event: Any, path: FieldPath) -> Doubt:
    """The doubt about an exclamation mark before a text, which is a tag without a name."""
    return _doubt(
        "is_untagged",
        path,
        event.start_mark.index,
        "!",
        "quotes around a value that begins with !",
        f"a tag: {_IN_QUOTES}",
    )


def _doubt(
    rule: str, path: FieldPath, position: int, value: str | None, expected: str, words: str
) -> Doubt:
    shown = "a part of the value" if value is None else f'"{value[:MAX_SHOWN_CHARACTERS]}"'
    message = f"{shown} is in no table, since YAML takes it for {words}"
    return Doubt(rule, path, position, value, expected, message)
