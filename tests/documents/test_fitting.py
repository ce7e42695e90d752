"""Front matter is fitted into columns in bulk with the same result as one by one."""

import json
from typing import Any

import pytest

from tests.conftest import FITTER

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


def write(front_matter: dict[str, Any]) -> bytes:
    return json.dumps(front_matter).encode()


def fit_one_by_one(front_matters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return FITTER.frame([FITTER.fit_front_matter(each) for each in front_matters]).to_pylist()


@pytest.mark.parametrize(
    "front_matter",
    [
        POST,
        {"title": "A"},
        {"title": ""},
        {"topics": []},
        {"related": [{"images": []}]},
        {"provider": {"images": [{"url": "1"}]}},
        {"title": "12", "heat": "true", "excerpt": "2020-01-01T00:00:00Z", "quality": "nan"},
        {"title": "nullify", "type": "null"},
        {"title": "é\U0001f600\ufffe\u2029\t\"\\/"},
    ],
)  # fmt: skip
def test_values_of_the_right_shape_go_to_their_columns(front_matter: dict[str, Any]) -> None:
    fitted = FITTER.fit_json([write(front_matter)])
    assert fitted.places == [0]
    assert fitted.columns.to_pylist() == fit_one_by_one([front_matter])


@pytest.mark.parametrize(
    "change",
    [
        '"mood": "good"', '"mood": []', '"mood": {}', '"mood": [{"a": "b"}]', '" title": "A"',
        '"extra": "A"', '"Title": "A"', '"": "A"',
        '"provider": {"mood": "good"}', '"images": [{"mood": "good"}]', '"images": [{" url": "A"}]',
        '"related": [{"title": "A"}, {"provider": {"images": [{"mood": "good"}]}}]',
        '"title": null', '"provider": null', '"provider": {"name": null}', '"images": null',
        '"topics": [null]', '"topics": ["A",null]', '"topics": ["A", null, "B"]',
        '"images": [null]', '"images": [{"url": null}]', '"mood": null',
        '"related": [{"images": [ null]}]',
        '"title": ["A"]', '"title": {"A": "B"}', '"title": []', '"topics": "A"', '"topics": {}',
        '"topics": [["A"]]', '"topics": [{}]', '"provider": "A"', '"provider": []', '"images": "A"',
        '"images": ["A"]', '"images": [{"url": ["A"]}]', '"images": [{}, "A"]', '"related": {}',
        '"type": "A", "type": "A"', '"type": "A", "mood": "B", "type": "C"',
        '"topics": [], "topics": []',
        '"provider": {"name": "A", "name": "B"}', '"provider": {}, "provider": {}',
        '"images": [{"url": "A"}, {"url": "A", "url": "B"}]', '"mood": "A", "mood": "B"',
        '"related": [{"images": [], "images": []}]', '"images": [], "images": [{"url": "A"}]',
    ],
)  # fmt: skip
def test_a_line_that_does_not_fit_harms_no_other(change: str) -> None:
    post = write(POST)
    fitted = FITTER.fit_json([post, post, b'{"category": "A", %b}' % change.encode(), post])
    assert sorted(fitted.places) == [0, 1, 3]
    assert fitted.columns.to_pylist() == fit_one_by_one([POST] * 3)


@pytest.mark.parametrize("misfits", [{37}, {0}, {63}, {0, 1, 62, 63}, set(range(0, 64, 2))])
@pytest.mark.parametrize("change", [{"mood": "good"}, {"provider": {"mood": "B"}}, {"title": []}])
def test_lines_that_do_not_fit_are_found_among_many(
    change: dict[str, Any], misfits: set[int]
) -> None:
    posts = [{"title": str(n), **(change if n in misfits else {})} for n in range(64)]
    fitted = FITTER.fit_json([write(post) for post in posts])
    assert set(fitted.places) == set(range(64)) - misfits
    assert fitted.columns.to_pylist() == fit_one_by_one([posts[n] for n in fitted.places])


def test_unknown_keys_of_different_shapes_harm_no_other_post() -> None:
    unknown = ["A", ["A"], {"A": "B"}, [], {}, [["A"]], [{"A": "B"}], "2020-01-01"]
    lines = [write({"title": "A", "mood": value}) for value in unknown]
    assert FITTER.fit_json([*lines, write(POST)]).places == [len(unknown)]


def test_text_that_looks_like_a_null_stays_text() -> None:
    posts = [{"title": text} for text in ('": null', ",null", "[ null", "a: null", "null,", "null")]
    fitted = FITTER.fit_json([write(post) for post in posts])
    assert fitted.columns.to_pylist() == fit_one_by_one([posts[n] for n in fitted.places])
    assert {3, 4, 5} <= set(fitted.places)


def test_a_long_line_is_fitted() -> None:
    post = {"title": "x" * 5_000_000}
    assert FITTER.fit_json([write(post), write({})]).columns["title"].to_pylist() == [
        post["title"],
        None,
    ]


@pytest.mark.parametrize("lines", [[], [None], [None, None], [b'{"title": null}'], [b'{"a":"b"}']])
def test_if_nothing_fits_the_table_is_empty(lines: list[bytes | None]) -> None:
    fitted = FITTER.fit_json(lines)
    assert fitted.places == []
    assert fitted.columns.num_rows == 0
    assert fitted.columns.schema == FITTER.frame([]).schema
    assert fitted.columns.column_names == [*FITTER.columns.names, "extra"]


def test_lines_that_are_null_keep_their_places() -> None:
    fitted = FITTER.fit_json([None, write({"title": "A"}), None, write({"title": "B"}), None])
    assert fitted.places == [1, 3]
    assert fitted.columns["title"].to_pylist() == ["A", "B"]


def test_both_ways_have_the_same_columns() -> None:
    assert (
        FITTER.fit_json([write(POST)]).columns.schema
        == FITTER.frame([FITTER.fit_front_matter(POST)]).schema
    )


def test_values_that_do_not_fit_go_to_extra() -> None:
    front_matter = {"title": ["A"], "mood": "good", "images": [{"url": None}, "B"], "type": "C"}
    fitted = FITTER.fit_front_matter(front_matter)
    assert {key: value for key, value in fitted.items() if value is not None} == {
        "type": "C",
        "images": [
            dict.fromkeys(("url", "width", "height", "isCached", "title", "attribution")),
            None,
        ],
        "extra": '{"title":["A"],"mood":"good","images[0].url":null,"images[1]":"B"}',
    }
