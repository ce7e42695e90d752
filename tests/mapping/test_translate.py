"""Front matter as written becomes front matter with the keys of the tables."""

from typing import Any

import pytest

from pipelines.mapping.built_in import EVERYDAY, WEB
from pipelines.mapping.items import translate_link
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.source import name_sources
from pipelines.mapping.translate import find_published, translate
from pipelines.tables.translation import list_targets
from schemas.articles import ARTICLES

PATH = "blog/a-post.md"
DATE_KEY = ARTICLES.keys["published_at"]
TARGETS = list_targets(WEB)


def read(front_matter: dict[str, Any], path: str = PATH, body: str | None = None) -> dict[str, Any]:
    return translate(front_matter, path, body, WEB, TARGETS).values


def test_the_keys_are_those_of_the_tables() -> None:
    written = {
        "title": "t", "date": "2024-03-05", "updated": "2024-03-06", "layout": "post",
        "section": "s", "summary": "e", "lang": "en", "slug": "x", "url": "/u",
        "source_url": "https://e.org", "tags": ["a"], "author": "Me", "cover": "/c.png",
        "draft": "false",
    }  # fmt: skip
    assert read(written).keys() - {"images"} <= set(ARTICLES.keys.values())


@pytest.mark.parametrize(
    ("front_matter", "title"),
    [
        ({"title": "One", "name": "Two"}, "One"),
        ({"name": "Two", "linkTitle": "Three"}, "Two"),
        ({"Title": "In capitals"}, "In capitals"),
        ({"title": " ", "headline": "Not blank"}, "Not blank"),
        ({"title": ["a list"]}, "A heading"),
        ({}, "A heading"),
    ],
)
def test_a_title_is_the_first_key_that_has_one_or_the_heading(
    front_matter: dict[str, Any], title: str
) -> None:
    assert read(front_matter, body="# A heading\ntext")["title"] == title


@pytest.mark.parametrize(
    ("front_matter", "path", "date"),
    [
        ({"date": "2024-03-05", "publishDate": "2024-01-01"}, PATH, "2024-01-01"),
        ({"published": "2024-03-05"}, PATH, "2024-03-05"),
        ({"published": "true"}, PATH, None),
        ({"date": "someday"}, PATH, "someday"),
        ({"date": "someday"}, "_posts/2020-01-02-a.md", "2020-01-02"),
        ({}, "_posts/2020-1-2-a.md", "2020-1-2"),
        ({}, "posts/2020-01-02-a/index.md", "2020-01-02"),
        ({}, "posts/2020/01/02/a.md", "2020-01-02"),
        ({}, "posts/2020-13-02-a.md", None),
        ({"path": "2020/01/02/a.html"}, PATH, "2020-01-02"),
        ({"date": None}, PATH, None),
    ],
)
def test_a_date_comes_from_a_key_the_path_or_an_address(
    front_matter: dict[str, Any], path: str, date: str | None
) -> None:
    assert find_published(front_matter, path, None, WEB, DATE_KEY) == date
    assert read(front_matter, path).get(DATE_KEY) == date


def test_everyday_takes_its_own_key_alone() -> None:
    written = {DATE_KEY: "2024-03-05", "date": "2020-01-01"}
    assert find_published(written, PATH, None, EVERYDAY, DATE_KEY) == "2024-03-05"
    assert (
        find_published({"date": "2020-01-01"}, "2020-01-01-a.md", None, EVERYDAY, DATE_KEY) is None
    )


@pytest.mark.parametrize(
    ("front_matter", "shown"),
    [
        ({}, None),
        ({"draft": "false"}, "true"),
        ({"draft": "true"}, "false"),
        ({"published": "yes", "unlisted": "true"}, "false"),
        ({"published": "2024-03-05"}, None),
        ({"publish": "0"}, "false"),
    ],
)
def test_a_post_is_shown_if_no_flag_says_otherwise(
    front_matter: dict[str, Any], shown: str | None
) -> None:
    assert read(front_matter).get("published") == shown


@pytest.mark.parametrize(
    ("front_matter", "slug"),
    [
        ({}, "a-post"),
        ({"slug": "x", "path": "/y/"}, "x"),
        ({"path": "2015/05/15/Rust-1.0"}, "Rust-1.0"),
        ({"path": "about"}, "about"),
        ({"permalink": "/blog/some-name/"}, "some-name"),
        ({"permalink": "/blog/some-name.html"}, "some-name"),
        ({"permalink": "/blog/some-name/index.html"}, "some-name"),
        ({"url": "/blog/some-name/"}, "some-name"),
        ({"url": "https://elsewhere.org/other/"}, "a-post"),
        ({"permalink": "/:year/:title/"}, "a-post"),
        ({"permalink": "/blog/{{ title | slugify }}/index.html"}, "a-post"),
        ({"permalink": "false"}, "a-post"),
        ({"permalink": "/"}, "a-post"),
        ({"permalink": "/index.html"}, "a-post"),
        ({"permalink": ["/a/"]}, "a-post"),
    ],
)
def test_a_slug_is_a_key_the_end_of_an_address_or_the_name_of_the_file(
    front_matter: dict[str, Any], slug: str
) -> None:
    assert read(front_matter)["_web_slug"] == slug


def test_an_address_that_gives_only_a_part_of_it_is_kept() -> None:
    written = {"title": "t", "path": "2015/05/15/Rust-1.0"}
    values, _, origins = translate(written, PATH, None, WEB, TARGETS)
    assert (values["path"], values[DATE_KEY]) == ("2015/05/15/Rust-1.0", "2015-05-15")
    assert origins == {"title": "title", DATE_KEY: "path", "_web_slug": "path"}


def test_topics_are_those_of_all_keys_each_once() -> None:
    written = {"tags": ["a", "b"], "categories": "b, c", "taxonomies": {"tags": ["d"], "x": ["e"]}}
    values = read(written)
    assert values["topics"] == ["a", "b", "c", "d"]
    assert values["taxonomies"] == {"x": ["e"]}
    assert "tags" not in values


def test_an_author_that_is_a_mapping_has_its_name() -> None:
    values = read({"author": {"name": "Me", "url": "/me"}})
    assert values["_web_authors"] == ["Me"]
    # It may say more than the name, so it is kept.
    assert values["author"] == {"name": "Me", "url": "/me"}
    assert read({"authors": [{"name": "Me"}, "You"]})["_web_authors"] == ["Me", "You"]
    # Without a name nothing is taken, and nothing is lost.
    assert read({"author": {"twitter": "@me"}})["author"] == {"twitter": "@me"}


def test_an_image_is_text_a_mapping_or_a_list() -> None:
    assert read({"image": "/a.png", "image_alt": "A", "imageCredit": "Me"})["images"] == [
        {"url": "/a.png", "title": "A", "attribution": "Me"}
    ]
    assert read({"cover": {"src": "b.png", "alt": "B", "width": "5"}})["images"] == [
        {"width": "5", "url": "b.png", "title": "B"}
    ]
    both = read({"hero": "/a.png", "thumbnail": ["/a.png", "/c.png"]})["images"]
    assert [image["url"] for image in both] == ["/a.png", "/c.png"]


def test_what_is_not_used_stays() -> None:
    written = {"title": "t", "price": "5", "extra": {"author": "Me", "team": "red"}, "none": None}
    assert read(written) == {
        "title": "t",
        "_web_authors": ["Me"],
        "_web_slug": "a-post",
        "price": "5",
        "extra": {"team": "red"},
        "none": None,
    }


def test_a_key_with_the_name_of_another_that_was_taken_is_kept() -> None:
    values = read({"title": "", "name": "n", "type": ["a", "b"], "layout": "post"})
    assert (values["title"], values["type"]) == ("n", "post")
    assert values["_web_unused"] == {"title": "", "type": ["a", "b"]}


def test_images_that_are_read_in_part_are_kept() -> None:
    values = read({"images": ["/a.png", {"caption": "no address"}]})
    assert values["images"] == [{"url": "/a.png"}]
    assert values["_web_unused"] == {"images": ["/a.png", {"caption": "no address"}]}
    twice = read({"cover": "/a.png", "hero": {"src": "/a.png", "alt": "other words"}})
    assert twice["hero"] == {"src": "/a.png", "alt": "other words"}


def test_origins_lead_back_to_the_file() -> None:
    written = {"Name": "n", "tags": ["a"], "hero": ["/a.png"], "extra": {"description": "d"}}
    assert translate(written, "2020-01-02-x.md", None, WEB, TARGETS).origins == {
        "title": "Name",
        "excerpt": "extra.description",
        DATE_KEY: None,
        "topics": "tags",
        "_web_slug": None,
        "images[0]": "hero[0]",
    }


@pytest.mark.parametrize(
    ("item", "translated"),
    [
        ("https://e.org", {"webUrl": "https://e.org"}),
        ({"title": "t", "link": "/a"}, {"webUrl": "/a", "title": "t"}),
        ({"webUrl": "/a", "url": "/b"}, {"webUrl": "/a", "url": "/b"}),
        ({"title": "t"}, {"title": "t"}),
        (None, None),
        ([], []),
    ],
)
def test_a_related_item_is_an_address_or_a_mapping_with_one(item: Any, translated: Any) -> None:
    assert translate_link(item) == translated


def test_a_mapping_is_known_by_all_that_it_says() -> None:
    one = PostMapping("mine", {"title": name_sources("a", "b")})
    assert one.id == PostMapping("mine", {"title": name_sources("a", "b")}).id
    others = [
        PostMapping("mine", {"title": name_sources("b", "a")}),
        PostMapping("mine", {"title": name_sources("a", "b")}, {"is_url": "warning"}),
        PostMapping("mine", time_zone="Europe/Oslo"),
    ]
    assert len({one.id, *(other.id for other in others)}) == 4


def test_a_mapping_that_says_nothing_has_no_id() -> None:
    assert PostMapping("mine").id == EVERYDAY.id == ""


def test_what_is_left_of_mappings_is_in_the_order_of_the_file() -> None:
    names = ["extra", "taxonomies", "header", "meta"]
    used = {"extra": "author", "taxonomies": "tags", "header": "image", "meta": "keywords"}
    written = {name: {used[name]: "a", "left": "b"} for name in names}
    assert [key for key in read(written) if key in names] == names
