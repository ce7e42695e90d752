"""Text and limits of front matter."""

import pytest

from pipelines.documents.libyaml import locate_in_yaml
from pipelines.errors import FrontMatterError
from tests.conftest import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 12:30", "12:30"),
        ("a: no", "no"),
        ("a: 0123", "0123"),
        ("a: 1.10", "1.10"),
        ("a: 2024-01-01", "2024-01-01"),
        ('a: "42"', "42"),
        ("a:", None),
        ("a: ~", None),
        ("a: null", None),
        ("a: Null", None),
        ("a: NULL", None),
        ("a: nULL", "nULL"),
        ("a: '~'", "~"),
        ('a: ""', ""),
        ("a: !!str null", "null"),
        ("a: !!int 7", "7"),
        ("a: |\n  x\n  y", "x\ny\n"),
        ("a: >-\n  x\n  y", "x y"),
        ('a: "\\u00e9\\n"', "é\n"),
        ("a: [1, ~, 'b']", ["1", None, "b"]),
        ("a: {b: {c: 1}}", {"b": {"c": "1"}}),
        ("a: &x [1]\nb: *x", ["1"]),
    ],
)
def test_a_value_is_the_text_that_was_written(text: str, value: object) -> None:
    assert parse(f"---\n{text}\n")["a"] == value


@pytest.mark.parametrize("text", ["---", "---\n# nothing", "---\n~"])
def test_empty_front_matter_is_an_empty_mapping(text: str) -> None:
    assert parse(text) == {}


def test_keys_are_text_too() -> None:
    assert parse("---\n1: a\nnull: b\n~: c\n'': d") == {
        "1": "a",
        "null": "b",
        "~": "c",
        "": "d",
    }


BOMB = "\n".join(
    ["a0: &a0 x", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9))]
)
SCALAR_BOMB = f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 100)}]"


@pytest.mark.parametrize(
    ("text", "rule", "line", "column"),
    [
        ("a: [", "is_yaml", 2, 5),
        ("a: b: c", "is_yaml", 2, 5),
        ("a: 'x\nb: 1\nc: 2", "is_yaml", 2, 4),
        ("a: 1\nb 2\nc: 3", "is_yaml", 3, 1),
        ("a: 1\nb: [c,\n  d\n", "is_yaml", 3, 4),
        ("\ta: 1", "is_yaml", 2, 1),
        ("a: \x01", "is_yaml", 2, 4),
        ("ok: 1\na: \x00", "is_yaml", 3, 4),
        ('a: "\\ud800"', "is_yaml", 2, 7),
        ("%YAML 1.1\na: 1", "is_yaml", 3, 1),
        ("a: *nowhere", "is_yaml", 2, 4),
        ("a: &x [*x]", "is_yaml", 2, 8),
        ("a: &x 1\nb: &x 2", "is_yaml", 3, 4),
        ("- a", "is_mapping", 2, 1),
        ("just text", "is_mapping", 2, 1),
        ("a: 1\n--- {b: 2}", "is_one_document", 3, 1),
        ("a: 1\nb: 2\na: 3", "is_unique_key", 4, 1),
        ('a: 1\n"a": 2', "is_unique_key", 3, 1),
        ("b: {c: 1, c: 2}", "is_unique_key", 2, 11),
        ("<<: {a: 1}", "is_no_merge_key", 2, 1),
        ("? [a]\n: 1", "is_text_key", 2, 3),
        ("? {a: b}\n: 1", "is_text_key", 2, 3),
        ("a: !!python/object:os.system x", "is_untagged", 2, 4),
        ("a: !mine x", "is_untagged", 2, 4),
        ("a: !!binary aGk=", "is_untagged", 2, 4),
        ("a: " + "[" * 100_000, "is_within_levels", 2, 67),
        (BOMB, "is_within_nodes", 7, 45),
        (SCALAR_BOMB, "is_within_size", 3, 333),
    ],
)
def test_anything_but_a_plain_mapping_is_refused_with_its_place(
    text: str, rule: str, line: int, column: int
) -> None:
    with pytest.raises(FrontMatterError) as caught:
        parse(f"---\n{text}")
    assert (caught.value.rule, caught.value.line, caught.value.column) == (rule, line, column)


def test_64_levels_are_allowed() -> None:
    deep = "[" * 63 + "]" * 63
    assert parse(f"---\na: {deep}")
    with pytest.raises(FrontMatterError, match="levels"):
        parse(f"---\na: [{deep}]")


def test_the_levels_of_an_alias_count() -> None:
    half = "[" * 40 + "]" * 40
    with pytest.raises(FrontMatterError, match="levels"):
        parse(f"---\na: &a {half}\nb: {'[' * 30}*a{']' * 30}")


def test_a_value_behind_an_alias_is_located_at_the_alias() -> None:
    text = "---\na: &x many\nb: *x\nc:\n  - 1\n  - *x\nd: &y {e: 2}\nf: *y"
    paths = [("a",), ("b",), ("c", 0), ("c", 1), ("d", "e"), ("f",)]
    places = locate_in_yaml(text, paths)
    assert [tuple(places[path]) for path in paths] == [
        (2, 4),
        (3, 1),
        (5, 5),
        (5, 3),
        (7, 11),
        (8, 1),
    ]


def test_fields_are_located_and_absent_ones_at_their_parent() -> None:
    text = "---\ntitle: x\nrelated:\n  - webUrl: /a\n  - {type: b}\n# \u2028\nlast: 1"
    paths = [
        ("title",),
        ("related", 1, "type"),
        ("related", 0, "title"),
        ("related", 7),
        ("nothing",),
        ("last",),
    ]
    places = locate_in_yaml(text, paths)
    assert [tuple(places[path]) for path in paths] == [
        (2, 8),
        (5, 12),
        (4, 5),
        (4, 3),
        (2, 1),
        (7, 7),
    ]
