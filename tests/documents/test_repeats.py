"""Repeated keys: they are rejected, or the last one counts and a warning says so."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings

from pipelines.documents.batch import read_batch
from pipelines.documents.doubts import FrontMatter, locate_doubts
from pipelines.documents.field_path import render_field_path
from pipelines.documents.json_front import locate_in_json, read_json
from pipelines.documents.libyaml import locate_in_yaml, read_yaml
from pipelines.documents.parsed import Batch, ToParse
from pipelines.errors import FrontMatterError
from pipelines.mapping.built_in import EVERYDAY, WEB
from pipelines.mapping.post_mapping import REPEATED_KEY_RULE
from pipelines.sources.folder import Folder
from schemas.documents import ARCHIVE
from tests.fuzz import list_policy_differences, write_batch
from tests.yaml_documents import documents, write_document

SECRETS = {"secured"}


def read(text: str) -> FrontMatter:
    """What is read if the last one counts: JSON if the text begins with a brace."""
    if text.startswith("{"):
        return read_json(text, SECRETS, "last")
    return read_yaml(f"---\n{text}\n", SECRETS, "last")


def list_found(text: str) -> list[tuple[str, str | None, int, int]]:
    """Field path, dropped value and place of every doubt."""
    whole = text if text.startswith("{") else f"---\n{text}\n"
    return [
        (render_field_path(doubt.path), doubt.value, *place)
        for doubt, place in locate_doubts(whole, read(text).doubts)
    ]


@pytest.mark.parametrize(
    "text", ["a: 1\nb: 2\na: 3", 'a: 1\nb: 2\n"\\x61": 3', '{"a": 1, "b": 2,\n "\\u0061": 3}']
)
def test_a_repeated_key_stands_where_it_stood_first_with_its_last_value(text: str) -> None:
    assert list(read(text).values.items()) == [("a", "3"), ("b", "2")]


@pytest.mark.parametrize(
    ("text", "path", "value", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3", "a", "1", 4, 1),
        ("a: 1\na:", "a", "1", 3, 1),
        ("a:\na: 1", "a", "null", 3, 1),
        ("a: ''\na: 1", "a", "", 3, 1),
        ("a: {b: [1, ~]}\na: 1", "a", '{"b":["1",null]}', 3, 1),
        ("a:\n- b: {c: 1, c: 2}", "a[0].b.c", "1", 3, 13),
        ("&k a: 1\n*k : 2", "a", "1", 3, 1),
        ("a b: 1\na b: 2", '["a b"]', "1", 3, 1),
        (f"a: {'x' * 300}\na: 1", "a", "x" * 200, 3, 1),
        ('{"a": 1,\n "a": 3}', "a", "1", 2, 2),
        ('{"a": null, "a": 3}', "a", "null", 1, 13),
        ('{"a": [{"b": {"c": 1, "c": 2}}]}', "a[0].b.c", "1", 1, 23),
    ],
)
def test_a_warning_shows_the_value_that_does_not_count(
    text: str, path: str, value: str, line: int, column: int
) -> None:
    assert list_found(text) == [(path, value, line, column)]


@pytest.mark.parametrize(
    ("times", "words", "value"),
    [
        (2, "twice: this value counts, the one in line 2 does not", "0"),
        (3, "3 times: this value counts, those in lines 2 and 3 do not", '["0","1"]'),
        (4, "4 times: this value counts, those in lines 2, 3 and 4 do not", '["0","1","2"]'),
        (9, "9 times: this value counts, the 8 before it do not", '["5","6","7"]'),
    ],
)
def test_the_message_counts_the_values(times: int, words: str, value: str) -> None:
    text = "\n".join(f"a: {number}" for number in range(times))
    (doubt,) = read(text).doubts
    assert doubt.message == f"the key a stands {words}"
    assert doubt.value == value
    entries = ",\n".join(f'"a": {number}' for number in range(times))
    (of_json,) = read(f"{{\n{entries}}}").doubts
    assert (of_json.message, of_json.value) == (doubt.message, doubt.value)


def test_keys_of_two_mappings_are_not_repeated() -> None:
    assert read("a: {x: 1}\nb: {x: 1}\nx: 1").doubts == []
    assert read('{"a": {"x": 1}, "b": {"x": 1}, "x": 1}').doubts == []


@pytest.mark.parametrize("text", ["a: hush\n{}: hush", '{{"a": "hush", "{}": "hush"}}'])
def test_no_warning_shows_a_secret(text: str) -> None:
    twice = text.format("secured").replace("a", "secured", 1)
    (doubt,) = read(twice).doubts
    assert (doubt.path, doubt.value) == (("secured",), None)
    assert doubt.message.startswith("the key secured stands twice")


@pytest.mark.parametrize(
    "text", ["secured: {hush: 1, hush: 2}", '{"secured": {"hush": 1, "hush": 2}}']
)
def test_no_warning_shows_anything_from_below_a_secret(text: str) -> None:
    (doubt,) = read(text).doubts
    assert (doubt.path, doubt.value) == (("secured",), None)
    assert doubt.message.startswith("a key inside secured stands twice")


@pytest.mark.parametrize(
    "text",
    [
        "a: {secured: hush, b: [{secured: hush}]}\na: 1",
        '{"a": {"secured": "hush", "b": [{"secured": "hush"}]}, "a": 1}',
    ],
)
def test_a_value_that_does_not_count_is_shown_without_its_secrets(text: str) -> None:
    (doubt,) = read(text).doubts
    assert doubt.value == '{"b":[{}]}'


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("a: b #c\na: d", [REPEATED_KEY_RULE]),
        ("a: b #c\na: d #e", [REPEATED_KEY_RULE, "keeps_all_text"]),
        ("a: &x b\na: c", [REPEATED_KEY_RULE]),
        ("a: &x b\na: *x", [REPEATED_KEY_RULE]),
        ("a: {b: 1, b: 2}\na: 3", [REPEATED_KEY_RULE]),
        ("a: {b: 1, b: 2}\nc: 3 #d\na: {b: 1, b: 2}", ["keeps_all_text", *[REPEATED_KEY_RULE] * 2]),
        ("c: 1 #d\na: b #c\na: d", ["keeps_all_text", REPEATED_KEY_RULE]),
    ],
)
def test_what_is_in_doubt_about_a_value_that_does_not_count_is_left_out(
    text: str, rules: list[str]
) -> None:
    assert [doubt.rule for doubt in read(text).doubts] == rules


def test_values_are_located_in_the_entry_that_counts() -> None:
    places = {
        ("a",): (4, 4),
        ("a", "b"): (4, 8),
        ("a", "c"): (4, 4),
        ("d",): (5, 4),
        ("d", 1): (5, 4),
    }
    text = "---\nd: [1, 2]\na: {c: 1}\na: {b: 1}\nd: [1]"
    assert {path: tuple(at) for path, at in locate_in_yaml(text, places).items()} == places


def test_values_of_json_are_located_in_the_entry_that_counts() -> None:
    places = {
        ("a",): (2, 6),
        ("a", "b"): (2, 12),
        ("a", "c"): (2, 6),
        ("d",): (3, 6),
        ("d", 1): (3, 6),
    }
    text = '{"a": {"c": 1}, "d": [1, 2],\n"a": {"b": 1},\n"d": [1]}'
    assert {path: tuple(at) for path, at in locate_in_json(text, places).items()} == places


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("---\na: 1\na: 2\nb: [\n---\n", ["is_yaml", REPEATED_KEY_RULE]),
        ("---\nb: !x y\na: 1\na: 2\n---\n", ["is_untagged"]),
        ("---\n- {a: 1, a: 2}\n---\n", ["is_mapping", REPEATED_KEY_RULE]),
        ('{"a": 1, "a": 2, }', ["is_json", REPEATED_KEY_RULE]),
        ("+++\na = 1\na = 2\n+++\n", [REPEATED_KEY_RULE]),
        ("+++\na = 1\na = x\n+++\n", ["is_toml"]),
        ("---\na: 1\na: 2\n", ["is_closed"]),
    ],
)
def test_a_file_that_is_rejected_for_more_than_its_repeated_key_has_both_findings(
    text: str, rules: list[str], tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    batch = Batch(Folder(tmp_path), ARCHIVE, WEB, [ToParse("a.md", None)], tmp_path)
    outcome, found = read_batch(batch, use_rapidyaml=True)
    assert found == []
    assert [finding.rule for finding in outcome.findings] == rules
    severities = ["error", *["warning"] * (len(rules) - 1)]
    assert [finding.severity for finding in outcome.findings] == severities
    (rejected,) = read_batch(batch._replace(mapping=EVERYDAY), use_rapidyaml=True)[0].findings
    assert (rejected.rule, rejected.severity) == (rules[-1], "error")


def test_many_repeated_keys_take_no_longer_than_others() -> None:
    count = 49_000
    began = time.process_time()
    read("\n".join(["a: x #y"] * count))
    read("{" + ",".join(['"a": [1]'] * (count // 2)) + "}")
    repeated = time.process_time() - began
    began = time.process_time()
    read("\n".join(f"a{number}: x #y" for number in range(count)))
    read("{" + ",".join(f'"a{number}": [1]' for number in range(count // 2)) + "}")
    assert repeated < 10 * (time.process_time() - began)


@pytest.mark.slow
@settings(max_examples=250, deadline=None, derandomize=True)
@given(documents(write_document))
def test_the_policies_differ_in_nothing_but_repeated_keys(text: str) -> None:
    assert list(list_policy_differences([text])) == []


def test_random_texts_with_repeated_keys_are_read_as_pyyaml_reads_them() -> None:
    repeated = [text for text in write_batch("repeated") if is_repeated(text)]
    assert len(repeated) > 50
    assert list(list_policy_differences(repeated)) == []


def is_repeated(text: str) -> bool:
    try:
        doubts = read_yaml(text, SECRETS, "last").doubts
    except FrontMatterError:
        return False
    return any(doubt.rule == REPEATED_KEY_RULE for doubt in doubts)
