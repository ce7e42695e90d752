"""Front matter in TOML: text as written, places, limits and mistakes."""

import random
import tomllib
from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest

from pipelines.documents.toml_front import locate_in_toml, parse_toml
from pipelines.errors import FrontMatterError
from tests.independent import agrees

LINES = """
# Values
title = "A \\u00e9 # no comment"
path = 'C:\\new'
long = \"\"\"
one \\
  two "" three\"\"\"\"
raw = '''
it's'''
"quoted key" = 1
3.14 = "pi"
flags = [true, false]  # a list
site."example.org".views = 1_000
nested = [[1, 2,], [], [{}]]
point = { x = 1.10, y.z = 0x1F }
[params]
draft = false
[[images]]
url = "a"
[[images]]
url = "b"
tags = ["x",
  "y"]
[params.author]
name = "N"
"""


@pytest.mark.parametrize(
    "written",
    [
        *("0", "+17", "-0", "1_000", "0x1F", "0xdead_beef", "0o755", "0b1010", "9" * 5_000),
        *("1.10", "-0.0", "6.26e-34", "1e5", "1E+5", "9_224.1_2", "inf", "+inf", "-inf", "nan"),
        *("true", "false", "2024-01-05", "07:32:00", "00:32:00.999999999"),
        *("2024-01-05T07:32:00Z", "2024-01-05 07:32:00+01:00", "2024-01-05t07:32:00.1234567z"),
        *("2024-01-05T07:32:00", "2024-01-05 07:32:00.50", "2024-02-30"),
    ],
)
def test_a_value_without_quotes_is_the_text_that_was_written(written: str) -> None:
    text = f"a = {written}\nb=[{written},{written} ]#c\nc={{d={written}}}\r\ne = {written}"
    assert parse_toml(text) == {
        "a": written,
        "b": [written, written],
        "c": {"d": written},
        "e": written,
    }


def test_text_in_quotes_is_its_value() -> None:
    assert parse_toml(LINES) == {
        "title": "A é # no comment",
        "path": "C:\\new",
        "long": 'one two "" three"',
        "raw": "it's",
        "quoted key": "1",
        "3": {"14": "pi"},
        "flags": ["true", "false"],
        "site": {"example.org": {"views": "1_000"}},
        "nested": [["1", "2"], [], [{}]],
        "point": {"x": "1.10", "y": {"z": "0x1F"}},
        "params": {"draft": "false", "author": {"name": "N"}},
        "images": [{"url": "a"}, {"url": "b", "tags": ["x", "y"]}],
    }


def test_nothing_is_an_empty_mapping() -> None:
    assert parse_toml("\n# nothing\n") == {}


def test_fields_are_located_and_absent_ones_at_their_parent() -> None:
    places = {
        ("title",): (3, 9),
        ("quoted key",): (10, 16),
        ("3", "14"): (11, 8),
        ("flags",): (12, 9),
        ("flags", 1): (12, 16),
        ("flags", 7): (12, 9),
        ("site",): (13, 28),
        ("nested", 0, 1): (14, 15),
        ("nested", 2, 0): (14, 25),
        ("nested", 2, 0, "x"): (14, 25),
        ("point",): (15, 9),
        ("point", "y", "z"): (15, 27),
        ("point", "nothing"): (15, 9),
        ("params", "draft"): (17, 9),
        ("params", "author"): (24, 1),
        ("images",): (18, 1),
        ("images", 1): (20, 1),
        ("images", 1, "tags", 1): (23, 3),
        ("images", 1, "nothing"): (20, 1),
        ("nothing",): (3, 1),
    }
    assert {path: tuple(place) for path, place in locate_in_toml(LINES, places).items()} == places


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("title = Hello", 1, 9, "quotes around it"),
        ("tags = [a, b]", 1, 9, "quotes around it"),
        ("date = 2024-1-5", 1, 8, "one like 2024-01-31, or quotes around it"),
        ("date = 05/01/2024", 1, 8, "one like 2024-01-31, or quotes around it"),
        ("a = 1\nn = 007", 2, 5, "one without zeros in front, or quotes around it"),
        ("a = True", 1, 5, "true or false in small letters, or quotes"),
        ("a = \u201cx\u201d", 1, 5, "straight quotes: \" or '"),
        ("a = 0x1F\ntitle: A", 2, 6, "an =, as in title = 'A'"),
        ("title", 1, 6, "one, as in title = 'A'"),
        ("a =\nb = 1", 1, 4, "one after the ="),
        ("a = 1, b = 2", 1, 6, "one key and value on a line, or quotes around the whole value"),
        ("a = [1, 0x2 3]", 1, 13, "a comma, or the ] that ends the list"),
        ("a = [1,\n2\n", 1, 5, "a comma, or the ] that ends the list"),
        ("a = [1]\n[b", 2, 3, "a key like title = 'A', or quotes around the key"),
        ("é = 1", 1, 1, "a key like title = 'A', or quotes around the key"),
        (
            "a = {b = 1,\n c = 2}",
            *(1, 12, "a key like title = 'A', or quotes around the key"),
        ),
        (
            "a = {b = 1 c = 2}",
            *(1, 12, "a comma, or the } that ends it in the same line, with no comma before it"),
        ),
        (
            "a = 'x\nb = 1",
            *(1, 5, "the quote that ends what begins here, or three quotes around several lines"),
        ),
        (
            'a = """x\nb = 1',
            *(1, 5, "the quote that ends what begins here, or three quotes around several lines"),
        ),
        (
            'a = "C:\\new\\dir"',
            *(1, 12, "\\\\ for each backslash, or single quotes instead of double ones"),
        ),
        ('a = "\x07"', 1, 6, "an escape like \\u0007"),
        ("a = 1\rb = 2", 1, 6, "line ends of Unix or Windows"),
    ],
)
def test_a_mistake_has_its_place_and_a_hint(
    text: str, line: int, column: int, expected: str
) -> None:
    with pytest.raises(FrontMatterError) as caught:
        parse_toml(text)
    error = caught.value
    assert (error.rule, error.line, error.column, error.expected) == (
        *("is_toml", line, column),
        expected,
    )


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a = 1\nb = [\n1]\na = 2", 4, 1),
        ("[a]\nb = 1\n[a]", 3, 2),
        ("x = 0x1\na = {b = 1, b = 2}", 2, 13),
        ("a.b = 1\na = 2", 2, 1),
        ("a = {}\n[a.b]", 2, 2),
        ("a = []\n[[a]]", 2, 3),
    ],
)
def test_a_repeated_key_is_refused(text: str, line: int, column: int) -> None:
    with pytest.raises(FrontMatterError) as caught:
        parse_toml(text)
    error = caught.value
    assert (error.rule, error.line, error.column) == ("is_unique_key", line, column)


def test_no_error_shows_anything_of_the_text() -> None:
    texts = ["s = hush", "s.hush = 1\ns = 2", "s = {hush=1, hush=2}", "[s]\nhush: 1", "s = 'hush"]
    for text in texts:
        with pytest.raises(FrontMatterError) as caught:
            parse_toml(text)
        assert "hush" not in f"{caught.value.problem} {caught.value.expected} {caught.value.value}"


@pytest.mark.parametrize(
    ("text", "rule", "line", "column"),
    [
        ("a = " + "[" * 100_000, "is_within_levels", 1, 68),
        ("a = 1\nb = " + "{a = " * 100_000, "is_within_levels", 2, 316),
        ("a" + ".a" * 100_000 + " = 1", "is_within_levels", 1, 1),
        ("[" + "a." * 40 + "a]\n" + "b." * 40 + "b = 1", "is_within_levels", 2, 85),
        ("[" + "'a'." * 100_000 + "a]", "is_within_levels", 1, 257),
        ("a = [" + "1," * 100_000 + "]", "is_within_nodes", 1, 200_002),
        ("".join(f"a{n} = 1\n" for n in range(60_000)), "is_within_nodes", 50_001, 1),
    ],
)
def test_the_limits_of_front_matter_apply(text: str, rule: str, line: int, column: int) -> None:
    with pytest.raises(FrontMatterError) as caught:
        parse_toml(text)
    assert (caught.value.rule, caught.value.line, caught.value.column) == (rule, line, column)


def test_64_levels_are_allowed() -> None:
    assert parse_toml(f"a = {'[' * 62}1{']' * 62}")
    with pytest.raises(FrontMatterError, match="levels"):
        parse_toml(f"a = {'[' * 63}1{']' * 63}")


@pytest.mark.parametrize(
    "text",
    [
        "a = " + '"\\"' * 200_000,
        "a = '''" + "''" * 200_000,
        'a = """' + '\\"' * 200_000,
        "a = " + "#" * 200_000,
        "a = " + "1_" * 200_000,
        "a = " + "9" * 100_000 + '"x"',
        '"' + "\\u" * 100_000,
    ],
)
def test_long_nonsense_is_refused_at_once(text: str) -> None:
    with pytest.raises(FrontMatterError):
        parse_toml(text)


WORDS = [
    *("0", "+1", "1_0", "0xF_f", "0o17", "0b1", "1.50", "-1e5", "1E-3", "inf", "-nan", "true"),
    *("2024-02-29", "2024-02-29 10:00:00", "2024-02-29T10:00:00.25-07:00", "10:00:00", "false"),
    *('"a"', "'b'", '"\\t\\u00e9"', '"""x\ny"""', "'''\n#z'''", '""', "''", "007", "yes", "1 2"),
]
KEYS = ["a", "b-c", "1", "'d e'", '"f\\n"', "a.b", "a . 'x.y'", "2024-01-01", "true", "'#='", "='"]


def write_value(roll: random.Random, level: int) -> str:
    kind = roll.random()
    if level > 3 or kind < 0.7:
        return roll.choice(WORDS)
    if kind < 0.85:
        items = [write_value(roll, level + 1) for _ in range(roll.randrange(4))]
        return (
            f"[{roll.choice([', ', ',', ' , # c' + chr(10)]).join(items)}{roll.choice(['', ' '])}]"
        )
    entries = [write_entry(roll, level + 1) for _ in range(roll.randrange(3))]
    return f"{{ {', '.join(entries)} }}"


def write_entry(roll: random.Random, level: int) -> str:
    return f"{roll.choice(KEYS)}{roll.choice([' = ', '='])}{write_value(roll, level)}"


def write_text(roll: random.Random) -> str:
    lines = []
    for _ in range(roll.randrange(1, 7)):
        kind = roll.random()
        if kind < 0.1:
            lines.append(f"[{roll.choice(KEYS)}]")
        elif kind < 0.2:
            lines.append(f"[[ {roll.choice(KEYS)} ]] # c")
        else:
            lines.append(write_entry(roll, 0) + roll.choice(["", " # '"]))
    text = roll.choice(["\n", "\r\n"]).join(lines)
    if roll.random() < 0.2:
        at = roll.randrange(len(text))
        text = text[:at] + roll.choice("'\"[]{}=,#\\ \n1a") + text[at + roll.randrange(2) :]
    return text


def list_leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, child in steps:
            yield from list_leaves(child, (*path, step))
    else:
        yield path, value


def test_random_texts_are_read_as_tomllib_reads_them() -> None:
    read = 0
    for seed in range(3_000):
        text = write_text(random.Random(seed))
        try:
            expected = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            with pytest.raises(FrontMatterError) as caught:
                parse_toml(text)
            assert caught.value.line
            assert caught.value.line <= text.count("\n") + 1
            continue
        read += 1
        found = parse_toml(text)
        assert agrees(found, expected), text
        assert list(found) == list(expected)
        leaves = dict(list_leaves(found))
        lines = text.splitlines()
        for path, place in locate_in_toml(text, leaves).items():
            rest = lines[place.line - 1][place.column - 1 :]
            assert rest.startswith(("'", '"', leaves[path])), (text, path)
    assert read > 1_000


@pytest.mark.parametrize("value", [1, 1.5, True, date(2024, 1, 2), time(1), [7], {}])
def test_the_check_of_tomllib_sees_a_difference(value: Any) -> None:
    assert not agrees("7", value)
    assert not agrees(None, value)
