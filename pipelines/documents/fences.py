"""The fences of a front-matter file: where its front matter begins and ends."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from pipelines.documents.closings import (
    YAML_CLOSINGS,
    find_closing,
    find_comment_end,
    find_nearly_closing,
    find_object_end,
    skip_line_rest,
)
from pipelines.documents.openings import (
    BOM,
    Opening,
    find_opening,
    find_yaml_opening,
    name_other_language,
)
from pipelines.documents.paths import explain_path
from pipelines.documents.places import Lines, Place
from pipelines.errors import FrontMatterError

MAX_FRONT_MATTER_BYTES: Final = 8 * 1024 * 1024

LFS_REASON: Final = "Git LFS has its content"
_LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"

_MORE_THAN_A_FENCE = re.compile(rb"---(?:[^-]|-*[ \t]*[\r\n])")
_BEFORE_LINE_END = re.compile(r"[^\r\n]")
_UTF16_FENCES = tuple(
    mark + fence.encode(encoding)
    for fence in ("---", "+++")
    for encoding, bom in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"))
    for mark in (bom, b"")
)


class Post(NamedTuple):
    """A file in its two parts.

    `front_matter` has the lines and columns of the file. In YAML it begins with the opening fence;
    in other languages there are blanks in place of the fence. It ends before the closing fence.
    `body` is None if nothing follows the closing fence. `opening_line` is the line of the opening
    fence. It should be the first.
    """

    front_matter: str
    body: str | None
    language: str = "yaml"
    opening_line: int = 1


def explain_ignored(data: bytes, source_path: str) -> str | None:
    """Why a file is no post; None if it is one. Its first bytes are enough."""
    if find_yaml_opening(data) or find_opening(data) or data.startswith(_UTF16_FENCES):
        return explain_path(source_path)
    start = data.removeprefix(BOM)
    if not start:
        return "empty file"
    if start.startswith(_LFS_POINTER):
        return LFS_REASON
    if language := name_other_language(data):
        return f"{language} front matter is not read"
    if _MORE_THAN_A_FENCE.match(start):
        return "its first line is more than a fence (---)"
    return "does not begin with front matter (---, +++ or {)"


def split_post(data: bytes) -> Post:
    """Cut a front-matter file at its fences.

    Raises:
        FrontMatterError: It is not UTF-8, not closed, or its front matter is too large.
    """
    fence = find_yaml_opening(data)
    if fence is None:
        return _split_other_post(data)
    closing = find_closing(data, fence.end())
    _check_size((closing.start() if closing else len(data)) - fence.end())
    if closing is None:
        raise _not_closed(data, fence.end(), YAML_CLOSINGS)
    text, body = _decode(data, closing.end(1), closing.end())
    return Post(text, body)


def _split_other_post(data: bytes) -> Post:
    opening = find_opening(data)
    if opening is None:
        raise FrontMatterError("is_utf8", "found UTF-16", "UTF-8", line=1, column=1)
    end, body_start = (
        _find_fenced(data, opening) if opening.closings else _find_object(data, opening)
    )
    if opening.is_in_comment and end < len(data):
        body_start = _leave_comment(data, body_start)
    text, body = _decode(data, end, body_start)
    before = data[: opening.start].decode().removeprefix("\N{BOM}")
    fence = data[opening.start : opening.end].decode()
    # libyaml must not see the name of a language.
    shown = "---" if opening.language == "yaml" else " " * len(fence)
    front_matter = _BEFORE_LINE_END.sub(" ", before) + shown + text[len(before) + len(fence) :]
    # A comment around the front matter is its opening.
    first = before.index("<!--") if opening.is_in_comment else len(before)
    return Post(front_matter, body, opening.language, Lines(before).find_place(first).line)


def _find_fenced(data: bytes, opening: Opening) -> tuple[int, int]:
    """Where front matter between fences ends, and where the body begins."""
    closing = find_closing(data, opening.end, opening.closings)
    _check_size((closing.start() if closing else len(data)) - opening.end)
    if closing is None:
        raise _not_closed(data, opening.end, opening.closings)
    return closing.end(1), closing.end()


def _find_object(data: bytes, opening: Opening) -> tuple[int, int]:
    """The same for an object of JSON. If it has no end, the parser says what is wrong with it."""
    end = find_object_end(data, opening.end) or len(data)
    _check_size(end - opening.end)
    return end, skip_line_rest(data, end)


def _leave_comment(data: bytes, at: int) -> int:
    """Where the body begins behind the comment that ends at `at`."""
    end = find_comment_end(data, at)
    if end is not None:
        return skip_line_rest(data, end)
    place = _find_place(data, at)
    raise FrontMatterError(
        "is_closed",
        "found more in the comment",
        "--> right after the front matter",
        line=place.line,
        column=place.column,
    )


def _check_size(size: int) -> None:
    if size > MAX_FRONT_MATTER_BYTES:
        raise FrontMatterError(
            "is_within_size",
            f"found {size:,} bytes of front matter",
            f"at most {MAX_FRONT_MATTER_BYTES:,} bytes of front matter",
            line=1,
            column=1,
        )


def _decode(data: bytes, end: int, body_start: int) -> tuple[str, str | None]:
    try:
        text = data[:end].decode().removeprefix("\N{BOM}")
        body = data[body_start:].decode()
    except UnicodeDecodeError as error:
        raise _not_utf8(data) from error
    return text, body or None


def _not_closed(data: bytes, start: int, closings: Sequence[bytes]) -> FrontMatterError:
    expected = f"a line {b' or '.join(closings).decode()}"
    nearly = find_nearly_closing(data, start, closings)
    if nearly is not None:
        expected += f", which line {_find_place(data, nearly).line} nearly is"
    return FrontMatterError("is_closed", "found no closing fence", expected, line=1, column=1)


def _find_place(data: bytes, at: int) -> Place:
    before = data[:at].decode(errors="replace").removeprefix("\N{BOM}")
    return Lines(before).find_place(len(before))


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
