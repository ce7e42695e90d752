"""Openings: how a file with front matter begins, and which language follows."""

import re
from typing import Final, NamedTuple

from pipelines.documents.closings import YAML_CLOSINGS, find_closing

BOM: Final = b"\xef\xbb\xbf"

_LANGUAGES: Final = {
    b"": "yaml",
    b"json": "json",
    b"toml": "toml",
    b"yaml": "yaml",
    b"yml": "yaml",
}
"""What a fence of dashes may name, and the language that it means."""
_OTHER_LANGUAGES: Final = {
    b"coffee": "CoffeeScript",
    b"coffeescript": "CoffeeScript",
    b"cson": "CSON",
    b"javascript": "JavaScript",
    b"js": "JavaScript",
    b"json5": "JSON5",
    b"ts": "TypeScript",
    b"typescript": "TypeScript",
    b"xml": "XML",
}
_CLOSINGS: Final = {"yaml": YAML_CLOSINGS, "toml": (b"---",), "json": (b"---",)}
"""What closes a fence of dashes."""

_YAML_OPENING = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*(?=[\r\n]|\Z)")
_OPENING = re.compile(
    rb"---[ \t]*(?P<name>[a-z0-9]*)[ \t]*(?=[\r\n]|\Z)"
    rb"|(?P<pluses>\+\+\+)[ \t]*(?=[\r\n]|\Z)"
    rb"|(?P<object>(?=\{\s*[\"}])(?!\{\s*\"[^\"\r\n]*+\"\s*\}))"
)
"""MDX may begin with text in braces and quotes, like `{"text"}`, which is no object."""
_BLANK_LINES = re.compile(rb"(?:[ \t]*+[\r\n]++)*+")
_BLANKS = re.compile(rb"\s*")
_COMMENT = b"<!--"
_COMMENT_END = b"-->"
_FIRST_KEY = re.compile(rb"(?:[ \t]*+(?:#[^\r\n]*+)?[\r\n]++)*+[\"'\w][^\r\n:=]*+[:=]")
"""A first line of front matter. It may follow blank lines and comments."""


class Opening(NamedTuple):
    """Where front matter begins.

    `start` is where its fence or its brace is, `end` where its text begins. `closings` are the
    fences that may close it. There are none if it is a JSON object, which needs no fence.
    """

    language: str
    start: int
    end: int
    closings: tuple[bytes, ...]
    is_in_comment: bool = False


def find_yaml_opening(data: bytes) -> re.Match[bytes] | None:
    """The usual opening, a bare fence in the first line, without its line end; None if it is not.

    Nearly all posts begin like this, so only this opening is on the quick way.
    """
    return _YAML_OPENING.match(data)


def find_opening(data: bytes) -> Opening | None:
    """The opening of front matter in any language; None if `data` has none.

    Blank lines and one comment of HTML may stand before it. But a line `---` further down may just
    as well be a rule in Markdown. So there it needs a closing fence and a first key.
    """
    first = len(BOM) if data.startswith(BOM) else 0
    at = _skip_blank_lines(data, first)
    found = _match(data, at) or _match_in_comment(data, at)
    if found is None and data.startswith(_COMMENT, at):
        end = data.find(_COMMENT_END, at)
        at = _skip_blank_lines(data, end + len(_COMMENT_END)) if end >= 0 else at
        # The fence begins a line of its own.
        found = _match(data, at) if data[at - 1 : at] in (b"\n", b"\r") else None
    if found is None or found.start == first or not found.closings or _is_plain(data, found):
        return found
    return None


def name_other_language(data: bytes) -> str | None:
    """The language that the fence of `data` names, if it is one that is not read."""
    found = _OPENING.match(data.removeprefix(BOM))
    return _OTHER_LANGUAGES.get(found["name"] or b"") if found else None


def _match(data: bytes, at: int) -> Opening | None:
    found = _OPENING.match(data, at)
    if found is None:
        return None
    if found["object"] is not None:
        return Opening("json", at, at, ())
    if found["pluses"]:
        return Opening("toml", at, found.end(), (b"+++",))
    language = _LANGUAGES.get(found["name"])
    return Opening(language, at, found.end(), _CLOSINGS[language]) if language else None


def _match_in_comment(data: bytes, at: int) -> Opening | None:
    """Front matter that a comment of HTML hides from the browser."""
    if not data.startswith(_COMMENT, at):
        return None
    begin = at + len(_COMMENT)
    found = _match(data, _BLANKS.match(data, begin).end())  # type: ignore[union-attr]  # It matches.
    if found is None or found.closings:
        # Only an object may be indented, or stand on the line where the comment begins.
        inside = _skip_blank_lines(data, begin)
        found = _match(data, inside) if inside > begin else None
    return found._replace(is_in_comment=True) if found else None


def _skip_blank_lines(data: bytes, at: int) -> int:
    found = _BLANK_LINES.match(data, at)
    return found.end() if found else at


def _is_plain(data: bytes, opening: Opening) -> bool:
    """Whether a fence that is not in the first line can be nothing else, as a rule in Markdown."""
    closing = find_closing(data, opening.end, opening.closings)
    if closing is None:
        return False
    is_object = opening.language == "json"
    return is_object or bool(_FIRST_KEY.match(data, opening.end, closing.end()))
