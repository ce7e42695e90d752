"""related_links: literal posts in, rows and findings out."""

from datetime import UTC, datetime

from pipelines.values.ids import identify
from tests.conftest import Archive, post


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
