"""Documents hold everything that a file says."""

import json
from collections.abc import Iterator
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.documents.rows import Document, frame_documents
from pipelines.sources.source import RawContent
from pipelines.tables.documents import Documents, Part, collect_documents
from pipelines.values.months import read_months
from schemas.documents import ARCHIVE, DOCUMENTS
from schemas.language.shape import Shape
from tests.conftest import build_documents
from tests.restoring import restore_front_matter
from tests.tables.cases import ID, OTHER_ID, Cases

CASES = Cases(
    rules={
        "document_id": "is_not_null is_id",
        "source_path": "is_not_null",
        "collection": "is_not_null",
        "format": "is_not_null",
        "front_matter": "is_not_null",
        "content_sha256": "is_not_null is_sha256",
        "size_bytes": "is_not_null is_not_negative",
    },
    keys={"document_id": (ID, OTHER_ID)},
    smallest={
        "document_id": ID,
        "source_path": "a.md",
        "collection": "",
        "format": "yaml",
        "front_matter": "{}",
        "content_sha256": "0" * 64,
        "size_bytes": 0,
    },
)


def list_keys(shape: Shape) -> list[str]:
    """Every key of `shape`, the inner ones too."""
    inner = list(shape.values()) if isinstance(shape, dict) else shape
    below = [] if isinstance(inner, str) else [key for each in inner for key in list_keys(each)]
    return [*(shape if isinstance(shape, dict) else ()), *below]


KEYS = st.sampled_from([*list_keys(dict(ARCHIVE.shape)), "mood", "a.b", "[0]", "", '"'])
TEXT = st.none() | st.text(st.characters(codec="utf-8"), max_size=4)
ANYTHING = st.recursive(
    TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def shaped(shape: Any) -> st.SearchStrategy[Any]:
    """Values that mostly have `shape`, and sometimes any other."""
    if isinstance(shape, dict):
        fitting = st.fixed_dictionaries(
            {}, optional={key: shaped(inner) for key, inner in shape.items()} | {"mood": ANYTHING}
        )
    elif isinstance(shape, list):
        fitting = st.lists(shaped(shape[0]), max_size=3)
    else:
        fitting = TEXT
    return st.one_of(fitting, fitting, fitting, ANYTHING)


MAPPINGS = st.fixed_dictionaries(
    {}, optional={key: shaped(shape) for key, shape in ARCHIVE.shape.items()} | {"x y": ANYTHING}
)


def to_rows(documents: Documents) -> list[dict[str, Any]]:
    """The rows of the table, in the order of their paths."""
    rows = [row for part in documents.split() for row in part.to_arrow().to_pylist()]
    return sorted(rows, key=lambda row: str(row["source_path"]))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(MAPPINGS, min_size=1, max_size=3))
def test_the_front_matter_is_restored_from_its_row(mappings: list[dict[str, Any]]) -> None:
    rows = to_rows(build_documents(*mappings))
    assert list(map(restore_front_matter, rows)) == mappings
    for row, mapping in zip(rows, mappings, strict=True):
        keys = [key for key in mapping if key in json.loads(row["front_matter"])]
        assert list(json.loads(row["front_matter"])) == keys


def test_a_list_of_items_is_apart_and_anything_else_stays() -> None:
    lists = [["a", None, {"b": ["c"]}], [], None, "soon", {"a": "b"}]
    documents = build_documents({}, *({"related": each, "title": "t"} for each in lists))
    rows = to_rows(documents)
    assert [row["related"] for row in rows] == [
        None,
        ['"a"', "null", '{"b":["c"]}'],
        [],
        *[None] * 3,
    ]
    assert [row["front_matter"] for row in rows[2:]] == [
        '{"title":"t"}',
        '{"related":null,"title":"t"}',
        '{"related":"soon","title":"t"}',
        '{"related":{"a":"b"},"title":"t"}',
    ]


def test_documents_of_many_files_share_their_items() -> None:
    first, second = (
        build_documents({"related": ["a", "b"]}),
        build_documents({"related": ["b", "c"]}),
    )
    parts = [Part(batch, pl.Series(["2024-03"])) for batch in _with_dictionary(first, second)]
    documents = collect_documents(parts)
    assert sorted(documents.items) == ['"a"', '"b"', '"c"']
    assert [row["related"] for row in to_rows(documents)] == [
        ['"a"', '"b"'],
        ['"b"', '"c"'],
    ]


def test_rows_without_a_partition_are_left_out() -> None:
    [batch] = _with_dictionary(build_documents({"related": ["a"]}, {"related": ["b"]}, {}))
    documents = collect_documents([Part(batch, pl.Series([None, "2024-03", None]))])
    assert documents.rows["source_path"].to_list() == ["_news/1.md"]
    assert [row["related"] for row in to_rows(documents)] == [['"b"']]


def _with_dictionary(*documents: Documents) -> Iterator[pa.RecordBatch]:
    kind = pa.list_(pa.dictionary(pa.int32(), pa.large_string()))
    for each in documents:
        [part] = each.split()
        rows = part.to_arrow()
        place = rows.schema.get_field_index("related")
        lists = pa.array(rows["related"].to_pylist(), pa.list_(pa.large_string()))
        values = lists.values.dictionary_encode()
        encoded = pa.ListArray.from_buffers(
            kind, len(lists), lists.buffers()[:2], children=[values]
        )
        yield from rows.set_column(place, "related", encoded).to_batches()


def test_absent_null_and_empty_stay_different() -> None:
    mappings = [{}, {"provider": None}, {"provider": {}}, {"images": []}, {"images": [{}, {}]}]
    rows = to_rows(build_documents(*mappings))
    assert list(map(restore_front_matter, rows)) == mappings


def test_the_id_and_the_collection_come_from_the_path() -> None:
    paths = ("a.md", "_news/a.md", "_learning/courses/a.md")
    content = RawContent(b"", "", 1, 0)
    rows = frame_documents([Document(path, content, "{}", None, None, None) for path in paths])
    assert rows["collection"].to_pylist() == ["", "_news", "_learning/courses"]
    # printf '_news/a.md' | sha256sum | cut -c1-32
    assert rows["document_id"][1].as_py() == "81f350509577fa50fdc8d02913b7ba18"


def test_the_month_is_that_of_utc() -> None:
    dates = ["2024-01-31T23:30:00-01:00", "2024-01-31", "2024-02-30", "soon", None]
    months = read_months(pl.Series(dates))
    assert months.to_list() == ["2024-02", "2024-01", "unknown", "unknown", "unknown"]


def test_the_rows_have_the_columns_of_their_table() -> None:
    [part] = build_documents({"related": ["a"]}).split()
    rows = pl.DataFrame(part.to_arrow())
    assert rows.schema == pl.Schema(DOCUMENTS.dtypes)
