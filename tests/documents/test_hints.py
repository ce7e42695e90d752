"""Hints for the most common mistakes: where to fix them, and what is expected there."""

import pytest

from pipelines.errors import FrontMatterError
from tests.conftest import parse

COLON = "a colon and a blank after the key"
ALIGNED = "as many spaces before it as before the line above"
TAB = "spaces instead of a tab"
TEMPLATE = "quotes around what a template fills in"
BACKSLASH = "\\\\ for each backslash, or single quotes instead of double ones"


def begins_with(text: str) -> str:
    return f"quotes around a value that begins with {text}"


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("title: Part 1: intro", 2, 14, "quotes around a value with a colon in it"),
        ("title:x\ntype: a", 2, 1, COLON),
        ("title\uff1ax\r\ntype: a", 2, 1, COLON),
        ("type: a\nheat:4", 3, 1, COLON),
        ("a: 1\nb 2\nc: 3", 3, 1, COLON),
        ("title: x\n type: a", 3, 2, ALIGNED),
        ("title: x\r\n\r\n type: a", 4, 2, ALIGNED),
        (" title: x\ntype: a", 3, 1, ALIGNED),
        ("title: x\n topics: [a, b]", 3, 2, ALIGNED),
        ("a:\n   b: 1\n  c: 'x'", 4, 3, ALIGNED),
        ("title:x\nurl: '/a'", 2, 1, COLON),
        ("a:\n   b: 1\n  c: 2", 4, 3, ALIGNED),
        ("provider:\n name: x\n   domain: y", 4, 4, ALIGNED),
        ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2", 3, 1, "no conflict left over from git"),
        ("a: 1\n\tb: 1", 3, 1, TAB),
        ("a:\n \tb: 1", 3, 2, TAB),
        ("a: >\n  x\n\ty\nb: 1", 4, 1, TAB),
        ("a:\n\u00a0- b", 3, 1, "spaces instead of U+00A0 (NO-BREAK SPACE)"),
        ("a:\n  - b\n \u3000c: d", 4, 2, "spaces instead of U+3000 (IDEOGRAPHIC SPACE)"),
        (
            *("a: b\n\ufeffc: d", 3, 1),
            "a line that does not begin with U+FEFF (ZERO WIDTH NO-BREAK SPACE)",
        ),
        ("a: 1\n{% include x %}", 3, 2, TEMPLATE),
        ("a: {% x %}", 2, 5, TEMPLATE),
        ("title: [Solved] x", 2, 17, begins_with("[")),
        ("title: {draft} x", 2, 16, begins_with("{")),
        ("title: *bold* x", 2, 13, begins_with("*")),
        ("title: &amp; x", 2, 12, begins_with("&")),
        ("title: > x", 2, 10, begins_with(">")),
        ("title: | x", 2, 10, begins_with("|")),
        ("title: - x", 2, 8, begins_with("-")),
        ("title: ? x", 2, 8, begins_with("?")),
        ("title: @x", 2, 8, begins_with("@")),
        ("topics: [x, @y]", 2, 13, begins_with("@")),
        ("topics:\n  - [x] y", 3, 9, begins_with("[")),
        ("topics: [x, y\nheat: 3", 3, 5, "a comma, or the ] that ends the list"),
        ("a: {x: 1 y: 2}", 2, 11, "a comma, or the } that ends the mapping"),
        ('a: "x\nb: 1', 2, 4, 'a " that ends what begins here'),
        (
            'title: "x" and y',
            2,
            12,
            'one pair of quotes around the whole value, and \\" for each quote inside',
        ),
        (
            "title: 'It's x'",
            2,
            12,
            "one pair of quotes around the whole value, and '' for each quote inside",
        ),
        ('a: "x\nb: "y"', 3, 5, "valid YAML"),
        (r'a: "C:\new\users"', 2, 13, BACKSLASH),
        (r'a: "\q"', 2, 5, BACKSLASH),
        ("secured: @x", 2, 10, "valid YAML"),
    ],
)
def test_a_mistake_in_yaml_says_how_to_fix_it(
    text: str, line: int, column: int, expected: str
) -> None:
    with pytest.raises(FrontMatterError) as refused:
        parse(f"---\n{text}\n")
    error = refused.value
    assert (error.line, error.column, error.expected) == (line, column, expected)


@pytest.mark.parametrize("text", ["a: {{ b }}", "a: {[b]: c}"])
def test_a_template_tag_is_no_key(text: str) -> None:
    with pytest.raises(FrontMatterError) as refused:
        parse(f"---\n{text}\n")
    assert refused.value.expected == "text, or quotes around what begins with { or ["
