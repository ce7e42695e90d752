"""Doubts: what a post says that YAML takes for something other than text, and so drops.

They are warnings, since it may be meant so. Only libyaml's way looks for them: the gate of simple
YAML lets no text pass in which anything is dropped.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import yaml

from pipelines.documents.field_path import FieldPath
from pipelines.documents.places import Lines, Place
from schemas.language.shape import Value

MAX_SHOWN_CHARACTERS: Final = 100
"""The limit for what a message shows of a file."""

_COMMENT: Final = re.compile(r"(?P<blanks>[ \t]*)#(?P<words>[^\r\n]*)")
_BLOCK_STYLES: Final = ("|", ">")
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


def find_comment(text: str, event: Any) -> re.Match[str] | None:
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


def doubt_comment(comment: re.Match[str], path: FieldPath, *, is_secret: bool) -> Doubt:
    """The doubt whether `comment` is one."""
    return _doubt(
        "keeps_all_text",
        path,
        comment.end("blanks"),
        None if is_secret else f"#{comment['words']}",
        "quotes around a value with a # in it",
        f"a comment: {_IN_QUOTES}",
    )


def doubt_anchor(event: Any, path: FieldPath, is_secret: bool) -> Doubt:
    """The doubt about an anchor that no alias uses."""
    value = None if is_secret else f"&{event.anchor}"
    position = event.start_mark.index
    if isinstance(event, yaml.ScalarEvent):
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


def doubt_tag(event: Any, path: FieldPath) -> Doubt:
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
