"""What YAML drops of a text is in doubt, with its place, and no secret is shown."""

import pytest

from pipelines.documents.libyaml import read_yaml
from pipelines.documents.simple_yaml import parse_simple
from tests.conftest import Archive, post

COMMENT = "keeps_all_text"
ANCHOR = "uses_its_anchor"


def list_doubts(text: str) -> list[tuple[str, str | None]]:
    doubts = read_yaml(f"---\n{text}\n", {"secured"}).doubts
    return [(doubt.rule, doubt.value) for doubt in doubts]


NBSP = "\N{NO-BREAK SPACE}"
INVISIBLE = "is_visible"

DOUBTFUL = [
    ("a: finishes #1 in the league", [(COMMENT, "#1 in the league")]),
    ("a: b\t#c", [(COMMENT, "#c")]),
    ("a: b # a note", [(COMMENT, "# a note")]),
    ("a: b\n  c #d\ne: f", [(COMMENT, "#d")]),
    ("a: #fff", [(COMMENT, "#fff")]),
    ("a:\n- b #1\n- #2", [(COMMENT, "#1"), (COMMENT, "#2")]),
    ("a: [b #c\n, d]", [(COMMENT, "#c")]),
    ("a: 'b'#c", [(COMMENT, "#c")]),
    ("? a #b\n: c", [(COMMENT, "#b")]),
    ("a: &b c", [(ANCHOR, "&b")]),
    ("a: &b [c]", [(ANCHOR, "&b")]),
    ("a: &b c #d", [(ANCHOR, "&b"), (COMMENT, "#d")]),
    ("&b a: c", [(ANCHOR, "&b")]),
    ("a: ! b", [("is_untagged", "!")]),
    ("secured: a #b", [(COMMENT, None)]),
    ("secured: {a: &b c}", [(ANCHOR, None)]),
    (f"a:\n{NBSP} b: c\n{NBSP} d: e", [(INVISIBLE, NBSP)]),
    (f"a:\n- b: c\n  d{NBSP}: e", [(INVISIBLE, NBSP)]),
    (f"a:\n  - b\n   {NBSP}- c", [(INVISIBLE, NBSP)]),
    ("a\u200b: c", [(INVISIBLE, "\u200b")]),
    ("\u3000a: c", [(INVISIBLE, "\u3000")]),
    ("a: b\nc\ufeff: d", [(INVISIBLE, "\ufeff")]),
]
CLEAR = [
    "a: b#c",
    "a: 'b #c'",
    "a: 'b' # c",
    "a: [b] # c",
    "a: {b: c} # d",
    "# a\nb: c\n  # d",
    "a: # b",
    "a: # b\n- c",
    "a: |\n  b #c\n# d",
    "a: >- # b\n  c",
    "a: &b c\nd: *b # e",
    "a: !!str b",
    f"a{NBSP}b: {NBSP}c{NBSP}",
    f"a: |\n  b\n  {NBSP}{NBSP}c",
    f"a: 'b\n  {NBSP}c'",
    "' a ': b",
]


@pytest.mark.parametrize(("text", "doubts"), DOUBTFUL)
def test_what_yaml_drops_of_a_text_is_in_doubt(
    text: str, doubts: list[tuple[str, str | None]]
) -> None:
    assert list_doubts(text) == doubts


@pytest.mark.parametrize("text", CLEAR)
def test_what_nobody_takes_for_a_part_of_a_value_is_not_in_doubt(text: str) -> None:
    assert list_doubts(text) == []


@pytest.mark.parametrize("text", [text for text, _ in DOUBTFUL])
def test_the_quick_parser_leaves_to_libyaml_what_is_in_doubt(text: str) -> None:
    assert parse_simple([f"{text}\n"]) == [None]


def test_a_doubt_is_a_warning_that_keeps_the_row(archive: Archive) -> None:
    archive.write("a.md", post({"title": "Our team finishes #1 in the league", "secured": "x #y"}))
    archive.run()
    assert archive.rows("articles")["title"].to_list() == ["Our team finishes"]
    columns = ("severity", "table_name", "line", "column_number", "field_path", "message")
    assert archive.findings(*columns) == [
        (
            *("warning", "documents", 3, 26, "title"),
            '"#1 in the league" is in no table, since YAML takes it for a comment: '
            "put the value in quotes",
        ),
        (
            *("warning", "documents", 7, 12, "secured"),
            "a part of the value is in no table, since YAML takes it for a comment: "
            "put the value in quotes",
        ),
    ]
    archive.write("a.md", post({"title": "'Our team finishes #1 in the league'"}))
    archive.run()
    assert archive.findings() == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"a:\n{NBSP} name: c",
            'U+00A0 (NO-BREAK SPACE) stands before the key "name", and YAML takes it for text: '
            "put a space in its place",
        ),
        (
            "name\u200b: c",
            'U+200B (ZERO WIDTH SPACE) stands after the key "name", and YAML takes it for text: '
            "remove it",
        ),
        (
            f"secured: {{{NBSP}hush: c}}",
            "U+00A0 (NO-BREAK SPACE) stands before the key, and YAML takes it for text: "
            "put a space in its place",
        ),
    ],
)
def test_an_invisible_character_is_named(text: str, message: str) -> None:
    (doubt,) = read_yaml(f"---\n{text}\n", {"secured"}).doubts
    assert doubt.message == message
