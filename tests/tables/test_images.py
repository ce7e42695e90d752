"""images: literal posts in, rows and findings out."""

from typing import Any

from tests.conftest import Archive, post
from tests.independent import Post, address, flag, whole_number
from tests.tables.cases import ID, OTHER_ID, Cases


def whole_address(url: str) -> str | None:
    return url if url.lower().startswith(("http://", "https://")) else None


def expect_images(file: Post) -> list[dict[str, Any]]:
    """The images of a post, as plain PyYAML reads it."""
    post = file.front_matter
    lists = [
        ("article", None, post.get("images")),
        ("provider", None, (post.get("provider") or {}).get("images")),
    ]
    for place, item in enumerate(post.get("related") or []):
        own = item.get("images") or []
        lists.append(("related", place, own + ((item.get("provider") or {}).get("images") or [])))
    return [
        {
            "owner": owner,
            "related_position": place,
            "position": position,
            "url": address(image["url"]),
            "resolved_url": whole_address(address(image["url"])),
            "width": whole_number(image.get("width")),
            "height": whole_number(image.get("height")),
            "is_cached": flag(image.get("isCached")),
            "title": image.get("title"),
            "attribution": image.get("attribution"),
        }
        for owner, place, images in lists
        for position, image in enumerate(images or [])
    ]


CASES = Cases(
    rules={
        "article_id": "is_not_null is_id",
        "owner": "is_not_null",
        "related_position": "is_not_negative has_related_position_if_related",
        "position": "is_not_null is_not_negative",
        "url": "is_not_null is_trimmed is_url",
        "width": "is_integer is_not_negative",
        "height": "is_integer is_not_negative",
        "is_cached": "is_boolean",
    },
    keys={
        "article_id": (ID, OTHER_ID),
        "owner": ("article", "provider"),
        "related_position": (0, 1),
        "position": (0, 1),
    },
    smallest={"article_id": ID, "owner": "article", "position": 0, "url": "/a"},
    item={"url": "/a"},
    context={"related_position": {"owner": "related"}},
    expect=expect_images,
)


def test_every_list_of_images_is_read(archive: Archive) -> None:
    archive.write(
        "a.md",
        post(
            {
                "images": "[{url: ' /0 ', width: 1, height: 2, isCached: yes, title: t, "
                "attribution: x}, {url: /1}]",
                "provider": "{images: [{url: /p}]}",
                "related": "[{webUrl: /r}, {webUrl: /s, images: [{url: /r0}, {url: /r1}], "
                "provider: {images: [{url: /r2}]}}]",
            }
        ),
    )
    archive.run()
    columns = ("owner", "related_position", "position", "url", "width", "is_cached", "attribution")
    assert archive.rows("images").select(columns).rows() == [
        ("article", None, 0, "/0", 1, True, "x"),
        ("article", None, 1, "/1", None, None, None),
        ("provider", None, 0, "/p", None, None, None),
        ("related", 1, 0, "/r0", None, None, None),
        ("related", 1, 1, "/r1", None, None, None),
        ("related", 1, 2, "/r2", None, None, None),
    ]
    assert archive.rows("articles").select("image_count", "related_count").rows() == [(2, 2)]
    assert archive.rows("related_links")["image_count"].to_list() == [0, 2]


BROKEN = [
    ("{width: 1}", "url", "is_not_null"),
    ("{url: a.png}", "url", "is_url"),
    ("{url: /a, width: -1}", "width", "is_not_negative"),
    ("{url: /a, height: -1}", "height", "is_not_negative"),
    ("{url: /a, width: wide}", "width", "is_integer"),
    ("{url: /a, isCached: maybe}", "isCached", "is_boolean"),
]


def test_a_broken_image_is_left_out_alone_and_leaves_a_gap(archive: Archive) -> None:
    for number, (image, _, _) in enumerate(BROKEN):
        images = f"[{{url: /0}}, {image}, {{url: /2, width: 0}}]"
        archive.write(f"{number}.md", post({"images": images}))
    archive.run()
    assert archive.rows("images")["position"].to_list() == [0, 2] * len(BROKEN)
    assert archive.findings("table_name", "source_path", "field_path", "rule", "line") == [
        ("images", f"{number}.md", f"images[1].{field}", rule, 7)
        for number, (_, field, rule) in enumerate(BROKEN)
    ]
    assert archive.rows("articles")["image_count"].to_list() == [3] * len(BROKEN)
    assert set(archive.statuses().values()) == {"loaded"}


def test_paths_lead_into_the_lists_of_related_items(archive: Archive) -> None:
    related = "[{webUrl: /r, images: [{url: /0}, {url: x}], provider: {images: [{url: y}]}}]"
    archive.write("a.md", post({"related": related, "provider": "{images: [{url: z}]}"}))
    archive.run()
    assert archive.findings("field_path") == [
        ("related[0].images[1].url",),
        ("related[0].provider.images[0].url",),
        ("provider.images[0].url",),
    ]


def test_images_of_a_rejected_article_are_one_finding_with_their_number(archive: Archive) -> None:
    images = "[{url: /0}, {url: x}]"
    archive.write("a.md", post({"title": None, "images": images, "related": "[{webUrl: /a}]"}))
    archive.run()
    assert archive.rows("images").is_empty()
    assert archive.findings("table_name", "rule", "field_path", "value") == [
        ("articles", "is_not_null", "title", None),
        ("images", "article_is_valid", "images", "2"),
        ("related_links", "article_is_valid", "related", "1"),
    ]
