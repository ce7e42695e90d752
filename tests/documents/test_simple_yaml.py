"""The quick parser reads what libyaml reads, or leaves the text to libyaml."""

import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.documents.batch import parse_batch
from pipelines.documents.fences import split_post
from pipelines.documents.gate import MAX_SIMPLE_CHARACTERS
from pipelines.documents.parsed import Batch, ToParse
from pipelines.documents.simple_yaml import (
    MAX_RAPID_NODES,
    MAX_UNCOUNTED_CHARACTERS,
    parse_simple,
)
from pipelines.errors import FrontMatterError
from pipelines.mapping.built_in import BUILT_IN, WEB
from pipelines.mapping.post_mapping import PostMapping
from pipelines.sources.folder import Folder
from schemas.documents import ARCHIVE
from schemas.language.shape import Value
from tests.conftest import ParsedRows, parse, read_parsed
from tests.fuzz import compare, write_batch
from tests.test_corpus import CORPUS, STEP
from tests.yaml_documents import (
    documents,
    list_small_documents,
    write_document,
    write_file,
    write_simple_document,
)


def read_quickly(text: str) -> dict[str, Value] | None:
    (mapping,) = parse_simple([text])
    return mapping


def read_slowly(text: str) -> dict[str, Value] | None:
    try:
        return parse(text)
    except FrontMatterError:
        return None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("---\na: x", {"a": "x"}),
        ("--- \t\na: x", {"a": "x"}),
        ("# c\n\n  \na:   x  \n   # c\n", {"a": "x"}),
        ("a:\nb:", {"a": None, "b": None}),
        (
            "a: null\nb: nUll\nc: 'null'\nd: nullx",
            {"a": None, "b": "nUll", "c": "null", "d": "nullx"},
        ),
        ('a: [null, x, "null"]', {"a": [None, "x", "null"]}),
        (
            "a: .5\nb: 007\nc: +1\nd: 0x1f\ne: 1e3",
            {"a": ".5", "b": "007", "c": "+1", "d": "0x1f", "e": "1e3"},
        ),
        (
            "a: nan\nb: .nan\nc: [nan, -.inf]\nd: .inf",
            {"a": "nan", "b": ".nan", "c": ["nan", "-.inf"], "d": ".inf"},
        ),
        ("a: '.5'\nb: \"nan\"\nc: ''", {"a": ".5", "b": "nan", "c": ""}),
        (
            "a: 12:30\nb: 2020-01-01\nc: true\nd: -1",
            {"a": "12:30", "b": "2020-01-01", "c": "true", "d": "-1"},
        ),
        (
            "a: x:?y\nb: http://x/?y=z&w#v\nc: x ::y - z",
            {"a": "x:?y", "b": "http://x/?y=z&w#v", "c": "x ::y - z"},
        ),
        ("a: ...\nb: <<\nc: x, y] {z", {"a": "...", "b": "<<", "c": "x, y] {z"}),
        ("a: 'it''s'\nb: 'x: #'\nc: '\\n'", {"a": "it's", "b": "x: #", "c": "\\n"}),
        (r'a: "\"\\\/\n\r\t\u00e9"', {"a": '"\\/\n\r\té'}),
        (r'a: "\u2028\uFEFF\uFFFE\uD7ff"', {"a": "\u2028\ufeff\ufffe\ud7ff"}),
        ("a: \xa0\nb: \U0001f600\ud7ff", {"a": "\xa0", "b": "\U0001f600\ud7ff"}),
        ("a: []\nb: [ 'x' , \"y\" ]\nc: [x y, -z]", {"a": [], "b": ["x", "y"], "c": ["x y", "-z"]}),
        ("null: a\ntrue: b\ny: c", {"null": "a", "true": "b", "y": "c"}),
        ("a:\n- b\n- c: d\n  e:\n  - f", {"a": ["b", {"c": "d", "e": ["f"]}]}),
        ("a:\n   -    b: c\n        d: e\n   -    f", {"a": [{"b": "c", "d": "e"}, "f"]}),
        ("a:\n     b:\n      - c\nd: e", {"a": {"b": ["c"]}, "d": "e"}),
        # A line that looks like an item continues the text of the line before.
        ("a: x\n  - b", {"a": "x - b"}),
        ("a: null\n  - b", {"a": "null - b"}),
        ("a:\n- b\n  - c\n\n - d", {"a": ["b - c\n- d"]}),
    ],
)
def test_a_simple_text_is_read(text: str, value: dict[str, Value]) -> None:
    assert read_slowly(f"{text}\n") == value
    assert read_quickly(f"{text}\n") == value


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "---\n", "# c\n", "null\n", "~\n", "x\n", "- a\n", "[a]\n", "{a: b}\n",
        "a: 1", "---\n---\na: 1\n", "a: 1\n---\nb: 1\n", "%YAML 1.1\n---\na: 1\n", "\ufeffa: 1\n",
        "a: Null\n", "a: [NULL]\n", "a: ~\n", "a:\n- ~\n", "a: [~, x]\n",
        "a: x\r\nb: y\r\n", "a: x\ry\n", "a: x\u2028y\n", "a: 'x\u2029y'\n", "a: x\x85\n",
        "a: x\ufeff\n", " a: x\n",
        "a: \x00\n",
        "a:\tx\n", "a: x\t\n", "\ta: x\n", "a: \x7f\n", "a: \x9f\n", "a: \uffff\n",
        "a: x # c\n", "a: 'x' # c\n", "a: [x] # c\n", "a: #c\n", "a: x: y\n", "a: x:\n",
        "a: &k x\n", "a: *k\n", "a: !t x\n", "<<: x\n", "a: {}\n", "a: [{b: c}]\n", "a: [[b]]\n",
        "a: [b, ]\n", "a: [b: c]\n", "a: [b\n", "a: ['b':c]\n", "a: [,]\n", "a: [x:?y]\n",
        "a: [x:?]\n",
        "a: |\n  b\n", "a: >-\n  b\n", "a: b\n  c\n", "a: 'b\n  c'\n", 'a: "b\\\n  c"\n',
        "a:\n  b\n",
        'a: "\\x41"\n', 'a: "\\0"\n', 'a: "\\N"\n', 'a: "\\q"\n', 'a: "\\u0000"\n',
        'a: "\\u001f"\n',
        'a: "\\ud800"\n', 'a: "\\udfff"\n', 'a: "\\ud83d\\ude00"\n', 'a: "\\U0001F600"\n',
        'a: "\\u12"\n',
        "'a': b\n", "1: b\n", "a b: c\n", "é: b\n", "? a\n", ": b\n", "a : b\n",
        f"{'k' * 101}: b\n",
        "a:\n- - b\n", "a:\n-\n", "a: - b\n", "a: -\n", f"a:\n{' ' * 31}b: c\n",
        "nan: x\n", "inf: x\n", "infinity: x\n", "a:\n- nan: x\n",  # rapidyaml writes `.nan`.
    ],
)  # fmt: skip
def test_texts_that_are_not_simple_go_to_libyaml(text: str) -> None:
    assert parse_simple([text]) == [None]


@pytest.mark.parametrize("indicator", "?:,]{}#&*!|>%@`~")
def test_a_plain_scalar_begins_with_no_indicator(indicator: str) -> None:
    texts = [f"a: {indicator}x\n", f"a:\n- {indicator}x\n", f"a: [{indicator}x]\n"]
    assert parse_simple(texts) == [None] * 3


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nb: 2\na: 3\n", "a:\n- b: 1\n  b: 2\n", "a: 1\na: 1\n", "a:\na:\n",
        "a:\n  b: 1\n c: 2\n", "a:\n b: 1\n  c: 2\n", "a:\n  - b\n - c\n", "a:\n  - b\n- c\n",
        "a:\n- b: c\n   d: e\n", "a:\n-   b: c\n  d: e\n", "a:\n- b\n  c: d\n", "a:\n- b\nc\n",
        "a: x\n  b: y\n", "a: x\n- b\n", "a: 'x'\n  - b\n", "a: [x]\n  - b\n", "a: x\n# c\n  - b\n",
        "a: x\n  - b: c\n", "a:\n- b\n   - c: d\n", "a:\n- b\n# c\n  - d\n", "a:\n- 'b'\n  - c\n",
        # rapidyaml takes a line below a flow list for a key that begins with a blank.
        "a:\n- b:\n  - [x]\n   d:\n", "a:\n- b:\n  - [x]\n   - d: x\n",
        "a:\n- b:\n  - [x]\n      d: x\n",
    ],
)  # fmt: skip
def test_texts_that_libyaml_refuses_are_not_accepted(text: str) -> None:
    assert read_slowly(text) is None
    assert read_quickly(text) is None
    assert compare([text]).differences == []


def test_a_text_of_too_many_nodes_is_left_to_libyaml() -> None:
    items = MAX_RAPID_NODES - 2
    item = "- b    \n"
    assert len(item) * items > MAX_UNCOUNTED_CHARACTERS
    # One node is the list that all texts are items of.
    assert read_quickly("a:\n" + item * (items - 1)) == {"a": ["b"] * (items - 1)}
    assert parse_simple(["a:\n" + item * (items + 1)]) == [None]
    assert parse_simple([f"a: [{'bcde,' * items}b]\n"]) == [None]


def test_a_text_of_too_many_characters_is_left_to_libyaml() -> None:
    text = "a: " + "é" * (MAX_SIMPLE_CHARACTERS - 4) + "\n"
    assert read_quickly(text) == {"a": text[3:-1]}
    assert parse_simple([text + "\n"]) == [None]


@pytest.mark.parametrize(
    "text",
    [
        "a: '" + '"' * 700_000 + "'\n",
        "a:\n" + "".join(f"{' ' * indent}- b:\n" for indent in range(0, 31, 2)) * 1_000,
    ],
)
def test_json_far_larger_than_its_text_is_written(text: str) -> None:
    assert read_quickly(text) == read_slowly(text)


def test_texts_of_one_batch_do_not_influence_each_other() -> None:
    texts = ["a: 1\n", "a: [\n", "a: 'x'\n  - b\n", f"b: {'x' * 2_000_000}\n", "c: [x]\n", ""]
    assert parse_simple(texts) == [{"a": "1"}, None, None, None, {"c": ["x"]}, None]
    assert parse_simple([]) == []


@pytest.mark.slow
@settings(max_examples=250, deadline=None, derandomize=True)
@given(documents(write_document) | documents(write_simple_document))
def test_nothing_differs_from_libyaml(text: str) -> None:
    assert compare([text]).differences == []


def test_a_batch_of_the_fuzzer_finds_no_difference() -> None:
    report = compare(write_batch("a seed"))
    assert report.differences == []
    assert report.counts["agreed"] > report.counts["tried"] / 4
    assert report.counts["cut"] > report.counts["tried"] / 50


def test_no_small_document_differs() -> None:
    texts = [text for line_count in (0, 1, 2) for text in list_small_documents(line_count)]
    report = compare(texts)
    assert report.differences == []
    assert report.counts["agreed"] > 700


def parse_files(folder: Path, mapping: PostMapping, *, use_rapidyaml: bool) -> ParsedRows:
    """What `parse_batch` makes of the files in `folder`/raw, in the order of their paths."""
    files = [ToParse(path.name, None) for path in sorted((folder / "raw").iterdir())]
    batch = Batch(Folder(folder / "raw"), ARCHIVE, mapping, files, folder / "out")
    return read_parsed([parse_batch(batch, use_rapidyaml=use_rapidyaml)])


@pytest.mark.slow
@settings(max_examples=100, deadline=None, derandomize=True)
@given(files=st.lists(documents(write_file), min_size=1, max_size=6))
def test_a_batch_becomes_the_same_rows_with_either_parser(
    tmp_path_factory: pytest.TempPathFactory, files: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("batch")
    (folder / "raw").mkdir()
    for number, data in enumerate(files):
        (folder / "raw" / f"{number}.md").write_bytes(data)
    # They differ in what becomes of repeated keys.
    for mapping in BUILT_IN.values():
        quick = parse_files(folder, mapping, use_rapidyaml=True)
        assert quick == parse_files(folder, mapping, use_rapidyaml=False)


def test_posts_with_repeated_keys_become_the_same_rows_with_either_parser(tmp_path: Path) -> None:
    posts = [
        "a: 1\na: 2\n",
        "related:\n- a: 1\nb: 1\nrelated:\n- a: 2\n",
        "related:\n- a: 1\n  a: 2\n- a: 1\n",
        "related: x\nb: 1\nrelated:\n- a: 2\n",
        "related:\n- a: 1\nb: 1\nrelated: x\n",
        "related:\n- a: 1\nb: 1\nb: 2\n",
        "related:\n- a: 1\nb: 1\n",
    ]
    (tmp_path / "raw").mkdir()
    for number, text in enumerate(posts):
        (tmp_path / "raw" / f"{number}.md").write_text(f"---\n{text}---\n", encoding="utf-8")
    rows = parse_files(tmp_path, WEB, use_rapidyaml=True)
    assert rows == parse_files(tmp_path, WEB, use_rapidyaml=False)
    assert [row["related"] for row in rows.documents] == [
        None,
        ['{"a":"2"}'],
        ['{"a":"2"}', '{"a":"1"}'],
        ['{"a":"2"}'],
        None,
        ['{"a":"1"}'],
        ['{"a":"1"}'],
    ]
    assert len(rows.findings) == len(posts) - 1


@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.exists(), reason="the real archive is not here")
def test_nearly_the_whole_real_archive_is_simple() -> None:
    with tarfile.open(CORPUS) as tar:
        files = [tar.extractfile(member) for member in tar.getmembers()[::STEP] if member.isfile()]
        texts = [split_post(file.read()).front_matter for file in files if file]
    report = compare(texts)
    assert len(texts) > 400
    assert report.differences == []
    assert report.counts["agreed"] == len(texts)
    assert report.counts["cut"] == sum("\nrelated:\n  " in text for text in texts)
