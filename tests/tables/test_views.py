"""Views: the hash of what a table reads changes with that, and with nothing else."""

from typing import Any

import pytest

from pipelines.tables.articles import build_articles
from pipelines.tables.views import hash_articles, hash_documents
from schemas.language.registry import list_derived
from tests.conftest import build_fields

POST = {
    "title": "A",
    "type": "article",
    "secured": "hush",
    "images": [{"url": "/i"}],
    "provider": {"name": "P"},
    "related": [{"title": "R"}, {"title": "S"}],
    "publishedDateTime": "2024-03-05",
}
NOTHING: set[str] = set()
ALL = set(list_derived())


def hash_posts(*posts: dict[str, Any], body: str | None = None) -> dict[str, str]:
    fields = build_fields(*posts, bodies=[body] * len(posts))
    [hashes] = hash_documents(fields, list_derived()).values()
    return hashes


@pytest.mark.parametrize(
    ("change", "readers"),
    [
        ({"secured": "new"}, NOTHING),
        ({"secured": 'a"b\\'}, NOTHING),
        ({"title": "B"}, {"articles"}),
        ({"mood": "good"}, {"articles"}),
        ({"title": None}, {"articles"}),
        ({"images": [{"url": "/j"}]}, {"articles", "images"}),
        ({"images": [{"url": "/i"}, {"url": "/i"}]}, {"articles", "images"}),
        ({"images": []}, {"articles", "images"}),
        ({"provider": {"name": "Q"}}, {"articles", "images"}),
        ({"related": [{"title": "S"}, {"title": "R"}]}, ALL),
        ({"related": [{"title": "R"}]}, ALL),
        ({"related": []}, ALL),
        ({"related": None}, ALL),
    ],
)
def test_a_change_is_seen_by_those_who_read_it(change: dict[str, Any], readers: set[str]) -> None:
    before, after = hash_posts(POST, POST), hash_posts(POST | change, POST)
    assert {table for table in before if before[table] != after[table]} == readers


def test_the_body_and_the_documents_beside_it_are_seen() -> None:
    assert hash_posts(POST, body="a")["articles"] != hash_posts(POST, body="b")["articles"]
    assert hash_posts(POST, body="a")["images"] == hash_posts(POST, body="b")["images"]
    one, two = hash_posts(POST), hash_posts(POST, POST)
    assert {table for table in one if one[table] != two[table]} == ALL


def test_a_list_moves_from_one_document_to_the_next() -> None:
    item = {"related": [{"title": "R"}]}
    empty = {"related": []}
    one, other = hash_posts(item, empty), hash_posts(empty, item)
    assert {table for table in one if one[table] != other[table]} == ALL


def test_children_see_which_articles_are_valid_and_their_addresses() -> None:
    def hash_built(*posts: dict[str, Any]) -> dict[str, dict[str, str]]:
        return hash_articles(build_articles(build_fields(*posts)).rows, ["images"])

    before = hash_built(POST, POST | {"webUrl": "/a"})
    assert hash_built(POST | {"title": "B"}, POST | {"webUrl": "/a"}) == before
    assert hash_built(POST, POST | {"webUrl": "/b"}) != before
    assert hash_built(POST | {"title": None}, POST | {"webUrl": "/a"}) != before
    assert list(before) == ["2024-03"]
