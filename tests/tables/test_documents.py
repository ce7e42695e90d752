"""Documents hold everything that a file says."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.documents.leftovers import list_leftovers
from pipelines.documents.rows import build_documents
from schemas.documents import ARCHIVE, DOCUMENTS
from schemas.language.shape import Shape
from tests.conftest import FITTER, build_frame
from tests.restoring import restore_front_matter
from tests.tables.cases import ID, OTHER_ID, Cases

CASES = Cases(
    rules={
        "document_id": "is_not_null is_id",
        "source_path": "is_not_null",
        "collection": "is_not_null",
        "content_sha256": "is_not_null is_sha256",
        "size_bytes": "is_not_null is_not_negative",
    },
    keys={"document_id": (ID, OTHER_ID)},
    smallest={
        "document_id": ID,
        "source_path": "a.md",
        "collection": "",
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


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(MAPPINGS, min_size=1, max_size=3))
def test_the_front_matter_is_restored_from_its_row(mappings: list[dict[str, Any]]) -> None:
    documents = build_frame(*mappings)
    assert [restore_front_matter(each) for each in documents.to_dicts()] == mappings


def test_values_without_a_column_are_kept_by_path() -> None:
    documents = build_frame(
        {},
        {
            "title": ["wrong", "shape"],
            "type": None,
            "mood": {"today": "good"},
            "related": [{"webUrl": "/a", "odd key": "1"}, "text", None],
        },
    )
    assert documents["extra"].to_list()[1] == (
        '{"title":["wrong","shape"],"type":null,"mood":{"today":"good"},'
        '"related[0][\\"odd key\\"]":"1","related[1]":"text","related[2]":null}'
    )
    leftovers = list(list_leftovers(documents))
    assert [(each.document, each.path, each.is_misshapen) for each in leftovers] == [
        (1, ("title",), True),
        (1, ("type",), False),
        (1, ("mood",), False),
        (1, ("related", 0, "odd key"), False),
        (1, ("related", 1), True),
        (1, ("related", 2), True),
    ]


def test_absent_null_and_empty_stay_different() -> None:
    mappings = [{}, {"provider": None}, {"provider": {}}, {"images": []}, {"images": [{}, {}]}]
    documents = build_frame(*mappings)
    assert [restore_front_matter(each) for each in documents.to_dicts()] == mappings


def test_the_id_and_the_collection_come_from_the_path() -> None:
    paths = ("a.md", "_news/a.md", "_learning/courses/a.md")
    files = [{"source_path": path, "content_sha256": "", "size_bytes": 1} for path in paths]
    fitted = FITTER.frame([FITTER.fit_front_matter({})] * 3)
    documents = build_documents(files, fitted, [None] * 3).to_pylist()
    assert [each["collection"] for each in documents] == ["", "_news", "_learning/courses"]
    # printf '_news/a.md' | sha256sum | cut -c1-32
    assert documents[1]["document_id"] == "81f350509577fa50fdc8d02913b7ba18"


def test_the_month_is_that_of_utc() -> None:
    dates = ["2024-01-31T23:30:00-01:00", "2024-01-31", "2024-02-30", "soon", None]
    documents = build_frame(*({"publishedDateTime": date} for date in dates))
    assert documents["published_month"].to_list() == [
        "2024-02",
        "2024-01",
        "unknown",
        "unknown",
        "unknown",
    ]


def test_the_frame_has_the_columns_of_its_table() -> None:
    assert build_frame({}).drop("published_month").schema == pl.Schema(DOCUMENTS.dtypes)
