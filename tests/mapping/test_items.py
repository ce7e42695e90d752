"""Items: images and links of a mapping that an archive has for itself."""

from typing import Any

from pipelines.mapping.items import IMAGE, LINK, take_items
from pipelines.mapping.post import Post
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.source import Source


def take(front_matter: dict[str, Any], *sources: Source, kind: Any = IMAGE) -> Post:
    return Post(front_matter, PostMapping("web", {kind.use: sources}), "x/a.md")


def read(front_matter: dict[str, Any], *sources: Source, kind: Any = IMAGE) -> list[Any]:
    items = take_items(take(front_matter, *sources, kind=kind), kind)
    return [(item.field_path, item.values) for item in items]


def test_a_prefix_is_for_texts_and_for_mappings() -> None:
    written = {"pics": ["a.png", {"src": "b.png", "alt": "B"}, "https://e.org/c.png"]}
    assert read(written, Source("pics", prefix="/i/")) == [
        ("pics[0]", {"url": "/i/a.png"}),
        ("pics[1]", {"url": "/i/b.png", "title": "B"}),
        ("pics[2]", {"url": "https://e.org/c.png"}),
    ]


def test_named_keys_stand_inside_of_an_item_or_beside_a_text() -> None:
    source = Source("hero", fields={"url": "file", "title": "words", "width": "wide"})
    inside = {"hero": {"file": "/a", "words": "A", "wide": "5", "alt": "not this"}}
    assert read(inside, source) == [
        ("hero", {"url": "/a", "title": "A", "width": "5", "alt": "not this"})
    ]
    beside = {"hero": "/a", "words": "A", "hero_alt": "not this"}
    assert read(beside, source) == [("hero", {"url": "/a", "title": "A"})]


def test_what_is_no_key_has_no_sisters() -> None:
    sources = (Source("@slug", template="/og/{}.png"), Source(constant="/logo.png"))
    assert read({"title": "T", "caption": "C"}, *sources) == [
        ("", {"url": "/og/a.png"}),
        ("", {"url": "/logo.png"}),
    ]


def test_an_address_counts_once_and_a_key_that_is_named_twice_is_read_once() -> None:
    written = {"a": "/x", "b": ["/x", "/y"]}
    sources = (Source("b", prefix="/p"), Source("a"), Source("b"))
    assert [values["url"] for _, values in read(written, *sources)] == ["/p/x", "/p/y", "/x"]


def test_a_key_may_be_inside_of_another_one() -> None:
    post = take({"media": {"pic": "/a", "pic_alt": "A", "z": "1"}}, Source("media.pic"))
    ((values, path),) = take_items(post, IMAGE)
    assert (values, path) == ({"url": "/a", "title": "A"}, "media.pic")
    assert post.list_rest() == {"media": {"z": "1"}}


def test_a_mapping_of_addresses_is_a_link_each() -> None:
    written = {"see": {"/a": "A", "https://e.org": None}, "one": {"href": "/b", "text": "B"}}
    assert read(written, Source("see"), Source("one"), kind=LINK) == [
        ("see", {"webUrl": "/a", "title": "A"}),
        ("see", {"webUrl": "https://e.org", "title": None}),
        ("one", {"webUrl": "/b", "title": "B"}),
    ]


def test_items_without_an_address_stay_with_their_key() -> None:
    post = take({"see": [{"link": "/a"}, {"note": "no address"}]}, Source("see"), kind=LINK)
    assert len(take_items(post, LINK)) == 1
    assert post.list_rest() == {"see": [{"link": "/a"}, {"note": "no address"}]}


def test_a_flag_is_no_image() -> None:
    post = Post({"hero": "true"}, PostMapping("web", {IMAGE.use: (Source("hero"),)}), "a.md")
    assert take_items(post, IMAGE) == []
    assert post.list_rest() == {"hero": "true"}
