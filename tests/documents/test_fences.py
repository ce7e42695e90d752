"""Where front matter begins and ends, and which files have none."""

import pytest

from pipelines.documents.fences import MAX_FRONT_MATTER_BYTES, Post, explain_ignored, split_post
from pipelines.errors import FrontMatterError

NO_FRONT_MATTER = "does not begin with front matter (---, +++ or {)"


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
    assert explain_ignored(data, "a.md") is None
    assert split_post(data) == Post(front_matter, body)


@pytest.mark.parametrize(
    ("data", "post"),
    [
        (b"---yaml\na: 1\n...\nbody", Post("---\na: 1\n", "body")),
        (b"--- yml\r\na: 1\r\n---\r\n", Post("---\r\na: 1\r\n", None)),
        (b"+++\na = 1\n---\n+++\nbody", Post("   \na = 1\n---\n", "body", "toml")),
        (b"+++ \r\na = 1\r\n+++", Post("    \r\na = 1\r\n", None, "toml")),
        (b"---toml\na = 1\n+++\n---\nb", Post("       \na = 1\n+++\n", "b", "toml")),
        (b'---json\n{"a": 1}\n---\nb', Post('       \n{"a": 1}\n', "b", "json")),
        (b'{"a": "}\\"{"}\n\nbody', Post('{"a": "}\\"{"}', "\nbody", "json")),
        (b'\xef\xbb\xbf{\n"a": [{}]\n}  \r\nbody', Post('{\n"a": [{}]\n}', "body", "json")),
        (b'{\n"a": [1}\n', Post('{\n"a": [1}\n', None, "json")),
        (b'<!-- {"a": "-->"} --> \nbody', Post('     {"a": "-->"}', "body", "json")),
        (b'<!--\n  {"a": 1}\n-->\nbody', Post('    \n  {"a": 1}', "body", "json")),
        (b"<!--\n---\na: 1\n---\n-->\nbody", Post("    \n---\na: 1\n", "body")),
        (b"<!--\n+++\na = 1\n+++\n-->", Post("    \n   \na = 1\n", None, "toml")),
        (b"\n \t\n---\na: 1\n---\nb", Post("\n  \n---\na: 1\n", "b", "yaml", 3)),
        (b"\r\n+++\r\na = 1\r\n+++\r\n", Post("\r\n   \r\na = 1\r\n", None, "toml", 2)),
        (b'\n{"a": 1}', Post('\n{"a": 1}', None, "json", 2)),
        (
            b"<!-- a\n--- -->\n\n---\n# b\n'c d': 1\n---\n",
            Post("      \n       \n\n---\n# b\n'c d': 1\n", None, "yaml", 4),
        ),
        (
            "\N{BOM}<!-- é -->\n---yaml\na: é\n---\n".encode(),
            Post("          \n---\na: é\n", None, "yaml", 2),
        ),
        (b'\n\n<!-- {"a": 1} -->\n', Post('\n\n     {"a": 1}', None, "json", 3)),
    ],
)
def test_front_matter_begins_in_many_ways(data: bytes, post: Post) -> None:
    assert explain_ignored(data, "a.md") is None
    assert split_post(data) == post


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"\xef\xbb\xbf", "empty file"),
        (b"# Title\n---\n", NO_FRONT_MATTER),
        (b" ---\na: 1\n---\n", NO_FRONT_MATTER),
        (b"----\na: 1\n---\n", "its first line is more than a fence (---)"),
        (b"--- a: 1\n---\n", "its first line is more than a fence (---)"),
        (b"---perl\n---\n", "its first line is more than a fence (---)"),
        (b"-----BEGIN CERTIFICATE-----\n", NO_FRONT_MATTER),
        (b"\x89PNG\r\n", NO_FRONT_MATTER),
        (b"+++ title\n+++\n", NO_FRONT_MATTER),
        (b"---js\n{}\n---\n", "JavaScript front matter is not read"),
        (b"--- javascript \r\n{}\r\n---\r\n", "JavaScript front matter is not read"),
        (b"---coffee\n---\n", "CoffeeScript front matter is not read"),
        (b"{% include head.html %}\n", NO_FRONT_MATTER),
        (b"{{ content }}\n", NO_FRONT_MATTER),
        (b'{"some text"} in MDX\n', NO_FRONT_MATTER),
        (b"<!-- a comment -->\n# Title\n", NO_FRONT_MATTER),
        (b"<!-- a comment that does not end\n---\na: 1\n---\n", NO_FRONT_MATTER),
        (b"<!-- a --> ---\na: 1\n---\n", NO_FRONT_MATTER),
    ],
)
def test_a_file_without_a_fence_is_ignored_with_a_reason(data: bytes, reason: str) -> None:
    assert explain_ignored(data, "a.md") == reason


@pytest.mark.parametrize(
    "data",
    [
        b"\n---\n\n# Title\n\n---\n",
        b"\n---\nNo end: of this\n",
        b"<!-- a -->\n\n---\nwords\n---\nmore: words\n",
        b"<!--\n---\nwords\n---\n-->\n",
        b"\n+++\nwords\n+++\n",
    ],
)
def test_a_rule_of_markdown_further_down_is_no_fence(data: bytes) -> None:
    assert explain_ignored(data, "a.md") == NO_FRONT_MATTER


@pytest.mark.parametrize(
    ("data", "rule", "line", "column"),
    [
        (b"---\na: 1\n", "is_closed", 1, 1),
        (b"---", "is_closed", 1, 1),
        (b"---\na: 1\nb: \xff\n---\n", "is_utf8", 3, 4),
        (b"---\na: 1\n---\nb\n\xc3", "is_utf8", 5, 1),
        (b"---\na: \xed\xa0\x80\n---\n", "is_utf8", 2, 4),
        ("---\na: 1\n---\n".encode("utf-16"), "is_utf8", 1, 1),
        (b"+++\na = 1\n---\n", "is_closed", 1, 1),
        (b'---json\n{"a": 1}', "is_closed", 1, 1),
        (b'<!-- {"a": 1}\nmore -->\n', "is_closed", 2, 1),
        (b"<!--\n---\na: 1\n---\nmore\n-->\n", "is_closed", 5, 1),
        (b'{"a": "\xff"}', "is_utf8", 1, 8),
        ("+++\na = 1\n+++\n".encode("utf-16"), "is_utf8", 1, 1),
        (b'{"a": "' + b"x" * MAX_FRONT_MATTER_BYTES + b'"}', "is_within_size", 1, 1),
        (b'{"a": "' + b'\\"' * MAX_FRONT_MATTER_BYTES, "is_within_size", 1, 1),
        (b"+++\n" + b"x" * MAX_FRONT_MATTER_BYTES + b"\n+++\n", "is_within_size", 1, 1),
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


def test_a_fence_that_nearly_closes_toml_is_named() -> None:
    with pytest.raises(FrontMatterError) as caught:
        split_post(b"+++\na = 1\n---\n ++++\n")
    assert caught.value.expected == "a line +++, which line 4 nearly is"
