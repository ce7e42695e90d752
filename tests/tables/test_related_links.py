"""related_links: literal posts in, rows and findings out."""

from datetime import UTC, datetime
from typing import Any

from pipelines.values.ids import identify
from tests.conftest import Archive, post
from tests.independent import Post, address, canonical, identity, moment, whole_number, words
from tests.tables.cases import ID, OTHER_ID, Cases


def expect_related_links(file: Post) -> list[dict[str, Any]]:
    """The related items of a post, as plain PyYAML reads it."""
    post = file.front_matter
    page = canonical(post.get("webUrl") or post.get("originalUrl"))
    items = post.get("related") or []
    targets = [canonical(item["webUrl"]) for item in items]
    return [
        {
            "position": position,
            "title": item.get("title"),
            "excerpt": item.get("excerpt"),
            "excerpt_text": words(item.get("excerpt")),
            "published_at": moment(item.get("publishedDateTime")),
            "web_url": address(item["webUrl"]),
            "amp_url": address(item.get("ampWebUrl")),
            "cdn_amp_url": address(item.get("cdnAmpWebUrl")),
            "canonical_url": targets[position],
            "target_url_id": identity(targets[position]),
            "type": item.get("type"),
            "provider_name": (item.get("provider") or {}).get("name"),
            "provider_domain": (item.get("provider") or {}).get("domain"),
            "quality": whole_number(item.get("quality")),
            "image_count": len(item.get("images") or []),
            "is_self": targets[position] == page,
            "is_repeat": targets[position] in targets[:position],
        }
        for position, item in enumerate(items)
    ]


CASES = Cases(
    rules={
        "article_id": "is_not_null is_id",
        "position": "is_not_null is_not_negative",
        "published_at": "is_timestamp",
        "web_url": "is_not_null is_trimmed is_url",
        "amp_url": "is_trimmed is_url",
        "cdn_amp_url": "is_trimmed is_url",
        "target_url_id": "is_id",
        "quality": "is_integer",
        "image_count": "is_not_null is_not_negative",
        "is_self": "is_not_null",
        "is_repeat": "is_not_null",
    },
    keys={"article_id": (ID, OTHER_ID), "position": (0, 1)},
    smallest={
        "article_id": ID,
        "position": 0,
        "web_url": "/a",
        "image_count": 0,
        "is_self": False,
        "is_repeat": False,
    },
    item={"webUrl": "/a"},
    expect=expect_related_links,
)


def test_every_column_has_its_value(archive: Archive) -> None:
    item = (
        "{title: t, excerpt: '<b>e</b>', publishedDateTime: 2024-01-01, webUrl: /r?fbclid=1, "
        "ampWebUrl: /amp, cdnAmpWebUrl: /cdn, type: video, provider: {name: n, domain: d}, "
        "quality: 5, images: [{url: /i}]}"
    )
    archive.write("a.md", post({"related": f"[{item}]"}))
    archive.run()
    assert archive.rows("related_links").to_dicts() == [
        {
            "article_id": identify("a.md"),
            "position": 0,
            "title": "t",
            "excerpt": "<b>e</b>",
            "excerpt_text": "e",
            "published_at": datetime(2024, 1, 1, tzinfo=UTC),
            "web_url": "/r?fbclid=1",
            "amp_url": "/amp",
            "cdn_amp_url": "/cdn",
            "canonical_url": "/r",
            "target_url_id": identify("/r"),
            "type": "video",
            "provider_name": "n",
            "provider_domain": "d",
            "quality": 5,
            "image_count": 1,
            "is_self": False,
            "is_repeat": False,
            "published_month": "2024-03",
        }
    ]


def test_links_to_oneself_and_repeats_are_flagged(archive: Archive) -> None:
    links = ["/a", "https://EXAMPLE.org/a#x", "/b", "/a?utm_id=1", "/b"]
    related = ", ".join(f"{{webUrl: '{link}'}}" for link in links)
    archive.write("a.md", post({"related": f"[{related}]"}))
    archive.write("b.md", post({"related": "[{webUrl: /b}]"}))
    archive.run()
    rows = archive.rows("related_links").filter(article_id=identify("a.md"))
    assert rows.select("position", "is_self", "is_repeat").rows() == [
        (0, False, False),
        (1, True, False),
        (2, False, False),
        (3, False, True),
        (4, False, True),
    ]
    other = archive.rows("related_links").filter(article_id=identify("b.md"))
    assert other["is_repeat"].to_list() == [False]


BROKEN = [
    ("{title: t}", "webUrl", "is_not_null"),
    ("{webUrl: r}", "webUrl", "is_url"),
    ("{webUrl: /r, ampWebUrl: r}", "ampWebUrl", "is_url"),
    ("{webUrl: /r, cdnAmpWebUrl: r}", "cdnAmpWebUrl", "is_url"),
    ("{webUrl: /r, quality: x}", "quality", "is_integer"),
    ("{webUrl: /r, publishedDateTime: x}", "publishedDateTime", "is_timestamp"),
]


def test_a_broken_link_is_left_out_and_is_no_earlier_item(archive: Archive) -> None:
    for number, (item, _, _) in enumerate(BROKEN):
        archive.write(
            f"{number}.md", post({"related": f"[{item}, {{webUrl: /r}}, {{webUrl: /r}}]"})
        )
    archive.run()
    rows = archive.rows("related_links").select("position", "is_repeat").rows()
    assert rows == [(1, False), (2, True)] * len(BROKEN)
    assert archive.findings("table_name", "source_path", "field_path", "rule") == [
        ("related_links", f"{number}.md", f"related[0].{field}", rule)
        for number, (_, field, rule) in enumerate(BROKEN)
    ]
