"""Closings: where front matter ends."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

YAML_CLOSINGS: Final = (b"---", b"...")

_CLOSING = re.compile(rb"([\r\n])(?:---|\.\.\.|\+\+\+)[ \t]*(?:\r\n|[\r\n]|\Z)")
_OBJECT_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[{}\[\]]', re.DOTALL)
"""Text with its quotes, or a bracket. Text without an end goes on to the end of the file: if it did
not match, the search would begin again at each quote inside."""
_COMMENT_END = re.compile(rb"\s*-->")
_LINE_REST = re.compile(rb"[ \t]*(?:\r\n|[\r\n]|\Z)")


def find_closing(
    data: bytes, start: int, closings: Sequence[bytes] = YAML_CLOSINGS
) -> re.Match[bytes] | None:
    """The first closing fence from `start` on, with the line ends before and behind it.

    Searching for its text before its pattern is 15 times as fast.
    """
    first, end = None, len(data)
    line_ends = (b"\n", b"\r") if b"\r" in data else (b"\n",)
    for fence in [line_end + closing for line_end in line_ends for closing in closings]:
        at = data.find(fence, start, end)
        while at >= 0:
            if found := _CLOSING.match(data, at):
                first, end = found, at
                break
            at = data.find(fence, at + 1, end)
    return first


def find_nearly_closing(data: bytes, start: int, closings: Sequence[bytes]) -> int | None:
    """Where the first line begins that is nearly a fence; None if there is none.

    It is indented, followed by invisible characters, or has one character too many.
    """
    found = _compile_nearly(tuple(closings)).search(data, start)
    return found.end() if found else None


@cache
def _compile_nearly(closings: tuple[bytes, ...]) -> re.Pattern[bytes]:
    fences = b"|".join(map(re.escape, closings))
    return re.compile(rb"[\r\n](?=[^\w\r\n]{0,9}(?:%b)[^\w\r\n]{0,9}(?:[\r\n]|\Z))" % fences)


def find_object_end(data: bytes, start: int) -> int | None:
    """Where the JSON object at `start` ends; None if it does not."""
    level = 0
    for token in _OBJECT_TOKEN.finditer(data, start):
        if token[0] in b"{[":
            level += 1
        elif token[0] in b"}]":
            level -= 1
            if level <= 0:
                return token.end()
    return None


def find_comment_end(data: bytes, at: int) -> int | None:
    """Where the comment of HTML ends that has nothing more from `at` on; None if it has."""
    found = _COMMENT_END.match(data, at)
    return found.end() if found else None


def skip_line_rest(data: bytes, at: int) -> int:
    """Where the next line begins if this one has only blanks from `at` on; otherwise `at`."""
    found = _LINE_REST.match(data, at)
    return found.end() if found else at
