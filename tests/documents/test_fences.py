"""Where front matter begins and ends, and which files have none."""

import pytest

from pipelines.documents.fences import MAX_FRONT_MATTER_BYTES, Post, explain_ignored, split_post
from pipelines.errors import FrontMatterError


@pytest.mark.parametrize(
    ("data", "front_matter", "body"),
    [
        (b"---\na: 1\n---\nbody\n", "---\na: 1\n", "body\n"),
        (b"---\na: 1\n---", "---\na: 1\n", None),
        (b"---\na: 1\n...\n\nbody", "---\na: 1\n", "\nbody"),
        (b"---\n---\n", "---\n", None),
        (b"\xef\xbb\xbf--- \t\na: 1\n---  \nx", "--- \t\na: 1\n", "x"),
        (b"---\r\na: 1\r\n---\r\nx\r\n", "---\r\na: 1\r\n", "x\r\n"),
        (b"---\ra: 1\r---\rx", "---\ra: 1\r", "x"),
        (b"---\na: 1\n---\nx\n---\ny", "---\na: 1\n", "x\n---\ny"),
        (b"---\na: ---\nb: 1\n ---\n---\n", "---\na: ---\nb: 1\n ---\n", None),
        ("---\na: é\n---\né".encode(), "---\na: é\n", "é"),
    ],
)
def test_a_post_is_cut_at_its_fences(data: bytes, front_matter: str, body: str | None) -> None:
    assert explain_ignored(data) is None
    assert split_post(data) == Post(front_matter, body)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"\xef\xbb\xbf", "empty file"),
        (b"# Title\n---\n", "does not begin with a fence (---)"),
        (b"\n---\na: 1\n---\n", "does not begin with a fence (---)"),
        (b"----\na: 1\n---\n", "its first line is more than a fence (---)"),
        (b"--- a: 1\n---\n", "its first line is more than a fence (---)"),
        (b"\x89PNG\r\n", "does not begin with a fence (---)"),
        (b"+++\ntitle = 1\n+++\n", "TOML front matter is not read"),
        (b"---toml\r\ntitle = 1\r\n---\r\n", "TOML front matter is not read"),
        (b'---json\n{"title": 1}\n---\n', "JSON front matter is not read"),
        (b'{\n"title": 1\n}\n', "JSON front matter is not read"),
        (b"{}", "JSON front matter is not read"),
        (b"{% include head.html %}\n", "does not begin with a fence (---)"),
        (b"{{ content }}\n", "does not begin with a fence (---)"),
    ],
)
def test_a_file_without_a_fence_is_ignored_with_a_reason(data: bytes, reason: str) -> None:
    assert explain_ignored(data) == reason


@pytest.mark.parametrize(
    ("data", "rule", "line", "column"),
    [
        (b"---\na: 1\n", "is_closed", 1, 1),
        (b"---", "is_closed", 1, 1),
        (b"---\na: 1\nb: \xff\n---\n", "is_utf8", 3, 4),
        (b"---\na: 1\n---\nb\n\xc3", "is_utf8", 5, 1),
        (b"---\na: \xed\xa0\x80\n---\n", "is_utf8", 2, 4),
        ("---\na: 1\n---\n".encode("utf-16"), "is_utf8", 1, 1),
        (b"---\na: " + b"x" * MAX_FRONT_MATTER_BYTES + b"\n---\n", "is_within_size", 1, 1),
    ],
)
def test_a_post_that_cannot_be_cut_is_refused(
    data: bytes, rule: str, line: int, column: int
) -> None:
    with pytest.raises(FrontMatterError) as caught:
        split_post(data)
    assert (caught.value.rule, caught.value.line, caught.value.column) == (rule, line, column)


@pytest.mark.parametrize(
    ("data", "nearly"),
    [
        (b"---\na: 1\n ---\n", ", which line 3 nearly is"),
        ("---\r\na: 1\r\n---\N{ZERO WIDTH SPACE}\r\n".encode(), ", which line 3 nearly is"),
        (b"---\na: \xff\n----\n", ", which line 3 nearly is"),
        (b"---\ra: 1\r...x\r-- -", ""),
        (b"---\na: --- \n" + b"-" * 1_000_000 + b"x", ""),
    ],
)
def test_a_line_that_is_nearly_a_fence_is_named(data: bytes, nearly: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        split_post(data)
    assert caught.value.expected == f"a line --- or ...{nearly}"
