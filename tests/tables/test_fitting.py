"""JSON texts are fitted into columns in bulk with the same result as one by one."""

import json
from typing import Any

import polars as pl
import pytest

from pipelines.documents.json_text import render_json
from pipelines.tables import fitting
from pipelines.tables.fitting import Fitted, fit_texts, fit_values
from schemas.documents import ARCHIVE

POST = {
    "title": "A",
    "heat": ".5",
    "topics": ["B", ""],
    "provider": {"name": "C", "images": [{"url": "/c"}, {"width": "5"}]},
    "images": [],
    "related": [{"title": "D", "provider": {"images": [{"url": "/d"}]}}, {"webUrl": "\u2028\n"}],
    "secured": "null",
}
"""A value of every shape, with known keys only."""


def fit(*values: Any) -> Fitted:
    return fit_texts(pl.Series(map(render_json, values), dtype=pl.String), ARCHIVE.shape)


@pytest.fixture
def bulk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were not fitted one by one, of those that `fit_alone` was not asked for."""
    alone: list[str] = []
    real = fitting._fit_value

    def fit_value(value: Any, *arguments: Any) -> dict[str, Any]:
        alone.append(render_json(value))
        return real(value, *arguments)

    monkeypatch.setattr(fitting, "_fit_value", fit_value)
    return alone


def fit_alone(*values: Any) -> Fitted:
    """The same, by no other way than one by one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "_render_gate", lambda *_: "^$")
        return fit(*values)


def assert_equal(one: Fitted, other: Fitted) -> None:
    assert one.columns.equals(other.columns)
    assert one.leftovers == other.leftovers


FITTING = [
    POST,
    {},
    {"title": "A"},
    {"title": ""},
    {"title": None},
    {"provider": None, "images": None, "topics": None},
    {"provider": {"name": None}},
    {"images": [{"url": None}]},
    {"topics": []},
    {"related": [{"images": []}]},
    {"provider": {"images": [{"url": "1"}]}},
    {"title": "12", "heat": "true", "excerpt": "2020-01-01T00:00:00Z", "quality": "nan"},
    {"title": "nullify", "type": "null"},
    {"title": '": null', "type": ",null"},
    {"title": "é\U0001f600\ufffe\u2029\t\"\\/"},
    {"title": "\x00\x1f\x7f"},
    {"title": '{"mood":"good"}'},
]  # fmt: skip


@pytest.mark.parametrize("value", FITTING)
def test_values_of_the_right_shape_go_to_their_columns(value: Any, bulk: list[str]) -> None:
    fitted = fit(value)
    assert bulk == []
    assert_equal(fitted, fit_alone(value))
    assert fitted.leftovers == []


UNKNOWN = [
    '{"mood":"good"}', '{"mood":[]}', '{"mood":{}}', '{"mood":[{"a":"b"}]}', '{" title":"A"}',
    '{"extra":"A"}', '{"Title":"A"}', '{"":"A"}', '{"_row":"A"}', '{"mood":null}', '{"url":"A"}',
    '{"ti\\"tle":"A"}', '{"mood":"2020-01-01","title":"A","type":null,"url":["A"]}',
]  # fmt: skip
MISFITS = [
    '{"provider":{"mood":"good"}}', '{"images":[{"mood":"good"}]}', '{"images":[{" url":"A"}]}',
    '{"related":[{"title":"A"},{"provider":{"images":[{"mood":"good"}]}}]}',
    '{"topics":[null]}', '{"topics":["A",null]}', '{"topics":["A",null,"B"]}', '{"images":[null]}',
    '{"related":[{"images":[null]}]}', '{"mood":"A","images":[{"images":"A"}]}',
    '{"title":["A"]}', '{"title":{"A":"B"}}', '{"title":[]}', '{"topics":"A"}', '{"topics":{}}',
    '{"topics":[["A"]]}', '{"topics":[{}]}', '{"provider":"A"}', '{"provider":[]}',
    '{"images":"A"}', '{"images":["A"]}', '{"images":[{"url":["A"]}]}', '{"images":[{},"A"]}',
    '{"images":[""]}', '{"related":{}}', '"text"', "null", "[]", '[{"title":"A"}]',
]  # fmt: skip


@pytest.mark.parametrize("text", [*UNKNOWN, *MISFITS])
def test_a_text_that_does_not_fit_harms_no_other(text: str, bulk: list[str]) -> None:
    values = [POST, POST, json.loads(text), POST]
    fitted = fit(*values)
    # Unknown keys are taken out, and the rest is fitted in bulk.
    assert bulk == ([text] if text in MISFITS else [])
    assert_equal(fitted, fit_alone(*values))
    assert {each.row for each in fitted.leftovers} == {2}


def test_values_are_fitted_like_their_texts() -> None:
    values = [*FITTING, *map(json.loads, [*UNKNOWN, *MISFITS])]
    assert_equal(fit_values(values, len(values), ARCHIVE.shape), fit(*values))


@pytest.mark.parametrize("misfits", [{37}, {0}, {63}, {0, 1, 62, 63}, set(range(0, 64, 2))])
@pytest.mark.parametrize("change", [{"url": "good"}, {"provider": {"url": "B"}}, {"title": []}])
def test_texts_that_do_not_fit_are_found_among_many(
    change: dict[str, Any], misfits: set[int], bulk: list[str]
) -> None:
    posts = [{"title": str(n), **(change if n in misfits else {})} for n in range(64)]
    fitted = fit(*posts)
    assert len(bulk) == (0 if "url" in change else len(misfits))
    assert_equal(fitted, fit_alone(*posts))


@pytest.mark.parametrize("key", ["provider", "images", "related", "topics"])
def test_an_empty_text_is_neither_a_list_nor_a_mapping_nor_left_over(key: str) -> None:
    assert_equal(fit({key: ""}, POST), fit({}, POST))
    assert_equal(fit({"title": "A", key: ""}), fit_alone({"title": "A"}))


def test_a_long_text_is_fitted(bulk: list[str]) -> None:
    fitted = fit({"title": "x" * 5_000_000}, {})
    assert fitted.columns["title"].str.len_bytes().to_list() == [5_000_000, None]
    assert bulk == []


@pytest.mark.parametrize("values", [[], [{"a": "b"}], [None]])
def test_the_columns_are_the_same_if_nothing_fits(values: list[Any]) -> None:
    assert fit(*values).columns.schema == fit(POST).columns.schema


def test_what_does_not_fit_is_left_over_with_its_place() -> None:
    value = {"title": ["A"], "mood": "good", "images": [{"url": None}, "B"], "type": None}
    fitted = fit({}, value)
    assert [(each.row, each.path, each.value) for each in fitted.leftovers] == [
        (1, ("title",), ["A"]),
        (1, ("mood",), "good"),
        (1, ("images", 1), "B"),
    ]
    assert [each.is_misshapen for each in fitted.leftovers] == [True, False, True]
    assert fitted.columns["images"][1].to_list() == [
        dict.fromkeys(("url", "width", "height", "isCached", "title", "attribution")),
        None,
    ]
