"""The fences of a front-matter file: where its YAML begins and ends."""

import re
from typing import Final, NamedTuple

from pipelines.documents.places import Lines
from pipelines.errors import FrontMatterError

MAX_FRONT_MATTER_BYTES: Final = 8 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_OPENING = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*(?=[\r\n]|\Z)")
_CLOSING = re.compile(rb"([\r\n])(?:---|\.\.\.)[ \t]*(?:\r\n|[\r\n]|\Z)")
_NEARLY_CLOSING = re.compile(rb"[\r\n](?=[^\w\r\n]{0,9}(?:---|\.\.\.)[^\w\r\n]{0,9}(?:[\r\n]|\Z))")
"""Matches before a line that is nearly a fence: indented, followed by invisible characters, or with
a fourth dash."""
_TOML_FENCE = re.compile(rb"(?:\+\+\+|---toml)[ \t]*[\r\n]")
_JSON_OPENING = re.compile(rb'\{\s*["}]|---json[ \t]*[\r\n]')
_UTF16_FENCES = tuple(
    mark + "---".encode(encoding)
    for encoding, bom in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"))
    for mark in (bom, b"")
)


class Post(NamedTuple):
    """A file in its two parts.

    `front_matter` begins with the opening fence, so its lines are those of the file. It ends before
    the closing fence. `body` is None if nothing follows the closing fence.
    """

    front_matter: str
    body: str | None


def explain_ignored(data: bytes) -> str | None:
    """Why `data` is no front-matter file; None if it is one. Its first bytes are enough."""
    if find_opening(data) or data.startswith(_UTF16_FENCES):
        return None
    start = data.removeprefix(_BOM)
    if not start:
        return "empty file"
    if _TOML_FENCE.match(start):
        return "TOML front matter is not read"
    if _JSON_OPENING.match(start):
        return "JSON front matter is not read"
    if start.startswith(b"---"):
        return "its first line is more than a fence (---)"
    return "does not begin with a fence (---)"


def split_post(data: bytes) -> Post:
    """Cut a front-matter file at its fences.

    Raises:
        FrontMatterError: It is not UTF-8, not closed, or its front matter is too large.
    """
    opening = find_opening(data)
    if opening is None:
        raise FrontMatterError("is_utf8", "found UTF-16", "UTF-8", line=1, column=1)
    closing = find_closing(data, opening.end())
    size = (closing.start() if closing else len(data)) - opening.end()
    if size > MAX_FRONT_MATTER_BYTES:
        raise FrontMatterError(
            "is_within_size",
            f"found {size:,} bytes of front matter",
            f"at most {MAX_FRONT_MATTER_BYTES:,} bytes of front matter",
            line=1,
            column=1,
        )
    if closing is None:
        raise _not_closed(data, opening.end())
    try:
        text = data[: closing.end(1)].decode().removeprefix("\N{BOM}")
        body = data[closing.end() :].decode()
    except UnicodeDecodeError as error:
        raise _not_utf8(data) from error
    return Post(text, body or None)


def find_opening(data: bytes) -> re.Match[bytes] | None:
    """The opening fence, without its line end; None if `data` does not begin with one."""
    return _OPENING.match(data)


def find_closing(data: bytes, start: int) -> re.Match[bytes] | None:
    """The first closing fence from `start` on, with the line ends before and behind it.

    Searching for its text before its pattern is 15 times as fast.
    """
    first, end = None, len(data)
    fences = (b"\n---", b"\n...", b"\r---", b"\r...") if b"\r" in data else (b"\n---", b"\n...")
    for fence in fences:
        at = data.find(fence, start, end)
        while at >= 0:
            if found := _CLOSING.match(data, at):
                first, end = found, at
                break
            at = data.find(fence, at + 1, end)
    return first


def _not_closed(data: bytes, start: int) -> FrontMatterError:
    expected = "a line --- or ..."
    if nearly := _NEARLY_CLOSING.search(data, start):
        before = data[: nearly.end()].decode(errors="replace")
        expected += f", which line {Lines(before).find_place(len(before)).line} nearly is"
    return FrontMatterError("is_closed", "found no closing fence", expected, line=1, column=1)


def _not_utf8(data: bytes) -> FrontMatterError:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode().removeprefix("\N{BOM}")
        place = Lines(before).find_place(len(before))
        return FrontMatterError(
            "is_utf8",
            f"found the byte 0x{data[error.start]:02x} ({error.reason})",
            "UTF-8",
            line=place.line,
            column=place.column,
        )
    raise AssertionError("called for bytes that are UTF-8")
