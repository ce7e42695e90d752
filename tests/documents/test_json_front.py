"""Front matter in JSON: text as written, places, limits and mistakes."""

import json
import random
from typing import Any

import pytest

from pipelines.documents.json_front import locate_in_json, read_json
from pipelines.errors import FrontMatterError
from tests.independent import agrees


@pytest.mark.parametrize(
    "written", ["0", "-0", "1.10", "1e5", "1E+5", "-2.50e-07", "9" * 5_000, "true", "false"]
)
def test_a_value_without_quotes_is_the_text_that_was_written(written: str) -> None:
    text = f'{{"a": {written}, "b": [{written},{written} ]}}'
    assert read_json(text, ()).values == {"a": written, "b": [written, written]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        (" {} \r\n", {}),
        ('{"a": null, "null": "null"}', {"a": None, "null": "null"}),
        ('{"a": "1.10", "": ""}', {"a": "1.10", "": ""}),
        ('{"\\u00e9\\n": "\\ud83d\\ude00\\/"}', {"é\n": "😀/"}),
        (
            '{"a": [[], {}, [null]], "b": {"c": {"d": 1}}}',
            {"a": [[], {}, [None]], "b": {"c": {"d": "1"}}},
        ),
    ],
)
def test_json_becomes_text_nulls_lists_and_mappings(text: str, value: object) -> None:
    assert read_json(text, ()).values == value


def test_fields_are_located_and_absent_ones_at_their_parent() -> None:
    text = '{\n  "title": "x",\n  "related": [\n    {"webUrl": "/a"}, 7\n  ]\n}'
    places = {
        ("title",): (2, 12),
        ("related",): (3, 14),
        ("related", 0): (4, 5),
        ("related", 0, "webUrl"): (4, 16),
        ("related", 0, "nothing"): (4, 5),
        ("related", 1): (4, 23),
        ("related", 9, "nothing"): (3, 14),
        ("nothing",): (1, 1),
    }
    found = locate_in_json(text, places)
    assert {path: tuple(place) for path, place in found.items()} == places


@pytest.mark.parametrize(
    ("text", "rule", "line", "column", "expected"),
    [
        ('{\n"a": 1,\n}', "is_json", 2, 7, "none after the last one"),
        ('{"a": [1,]}', "is_json", 1, 9, "none after the last one"),
        ('{"a": 1\n"b": 2}', "is_json", 2, 1, "a comma, or the } that ends it"),
        ('{"a": [1 2]}', "is_json", 1, 10, "a comma, or the ] that ends it"),
        ("{\"a\": 'x'}", "is_json", 1, 7, "double quotes"),
        ('{"a": 1, b: 2}', "is_json", 1, 10, "double quotes around it"),
        (
            '{"a": x}',
            *("is_json", 1, 7),
            "quotes around text, or true, false or null in small letters",
        ),
        (
            '{"a": 2024-01-05}',
            *("is_json", 1, 7),
            "quotes around a date, or around anything else that is not a plain number",
        ),
        (
            '{"a": 007}',
            *("is_json", 1, 7),
            "quotes around a date, or around anything else that is not a plain number",
        ),
        ('{"a" 1}', "is_json", 1, 6, "one"),
        ('{"a": }', "is_json", 1, 7, "one"),
        ('{"a": "x\n"}', "is_json", 1, 9, 'a " before it, or an escape like \\n'),
        ('{"a": "x}', "is_json", 1, 7, 'a " that ends what begins here'),
        ('{"a": "C:\\dir"}', "is_json", 1, 10, "\\\\ for each backslash"),
        ('{"a": "\\ud800"}', "is_json", 1, 7, "both \\u escapes of it"),
        ('{"a": [1', "is_json", 1, 7, "a ]"),
        ('{"a": 1 // b\n}', "is_json", 1, 9, "none, since JSON has no comments"),
        ('{"a": 1, "b": 2, "a": 3}', "is_unique_key", 1, 18, "each key once"),
        ('{"a": {"b": 1, "\\u0062": 2}}', "is_unique_key", 1, 16, "each key once"),
        ("[1]", "is_mapping", 1, 1, "an object in braces"),
        ('{"a": 1}\n{}', "is_one_document", 2, 1, "only one object"),
        ('{"a": ' + "[" * 100_000, "is_within_levels", 1, 70, "at most 64"),
        ('{"a": [' + "1," * 100_000 + "1]}", "is_within_nodes", 1, 200_002, "at most 100,000"),
    ],
)
def test_a_mistake_has_its_place_and_a_hint(
    text: str, rule: str, line: int, column: int, expected: str
) -> None:
    with pytest.raises(FrontMatterError) as caught:
        read_json(text, ())
    error = caught.value
    assert (error.rule, error.line, error.column, error.expected) == (rule, line, column, expected)


@pytest.mark.parametrize("text", ['{"hush": 1, "hush": 2}', "hush", '["hush"', "{'hush"])
def test_no_error_shows_anything_from_below_a_secret_key(text: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        read_json(f'{{"secured": {text}}}', {"secured"})
    error = caught.value
    assert error.problem == "found something wrong inside secured"
    assert "hush" not in f"{error.expected} {error.value}"


def test_64_levels_are_allowed() -> None:
    assert read_json(f'{{"a": {"[" * 62}1{"]" * 62}}}', ())
    with pytest.raises(FrontMatterError, match="levels"):
        read_json(f'{{"a": {"[" * 63}1{"]" * 63}}}', ())


SCALARS = [
    *("0", "-1", "1.50", "1e5", "true", "false", "null"),
    *('"a"', '""', '"\\t\\u00e9"', '"{[,:]}"'),
]


def write_value(roll: random.Random, level: int) -> str:
    kind = roll.random() if level else 0.9
    blank = roll.choice(["", " ", "\n", "\r\n\t"])
    if level > 3 or kind < 0.5:
        return f"{blank}{roll.choice(SCALARS)}"
    if kind < 0.75:
        items = [write_value(roll, level + 1) for _ in range(roll.randrange(4))]
        return f"{blank}[{','.join(items)}{blank}]"
    keys = roll.sample(['"a"', '"b c"', '"\\u00e9"', '""'], roll.randrange(4))
    entries = [f"{blank}{key}{blank}:{write_value(roll, level + 1)}" for key in keys]
    return f"{blank}{{{','.join(entries)}{blank}}}"


def test_random_texts_are_read_as_json_reads_them() -> None:
    read = 0
    for seed in range(3_000):
        roll = random.Random(seed)
        text = write_value(roll, 0)
        if roll.random() < 0.3:
            at = roll.randrange(len(text))
            text = text[:at] + roll.choice('"[]{}:,\\ \n1a') + text[at + roll.randrange(2) :]
        try:
            expected = json.loads(text, object_pairs_hook=refuse_repeated)
        except ValueError:
            with pytest.raises(FrontMatterError):
                read_json(text, ())
            continue
        if isinstance(expected, dict):
            read += 1
            found = read_json(text, ()).values
            assert agrees(found, expected), text
            assert list(found) == list(expected)
    assert read > 1_000


def refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)
