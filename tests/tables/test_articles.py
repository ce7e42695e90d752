"""articles: literal posts in, rows and findings out."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from pipelines.documents.fences import split_post
from pipelines.tables.articles import build_articles
from pipelines.tables.rows import Built
from pipelines.values.ids import identify
from schemas.articles import ARTICLES
from schemas.language.table import RowRule
from tests.conftest import Archive, build_fields, parse, post
from tests.independent import (
    Post,
    address,
    canonical,
    day,
    flag,
    headline,
    host,
    identity,
    moment,
    whole_number,
    words,
)
from tests.tables.cases import ID, OTHER_ID, Cases

KEYS = {
    *("category", "type", "title", "excerpt", "publishedDateTime", "originalUrl", "webUrl"),
    *("ampWebUrl", "cdnAmpWebUrl", "provider", "topics", "quality", "heat", "published", "removed"),
    *("featuredContent", "images", "related", "secured"),
    *("_web_slug", "_web_language", "_web_authors", "_web_updated"),
}


def not_blank(text: str | None) -> str | None:
    return text if text and text.strip() else None


def precision(text: str | None) -> str | None:
    kinds = {len("2020-01-31"): "date", len("2020-01-31T12:00Z"): "minute"}
    # TOML has moments of its own.
    length = len(text) if isinstance(text, str) else 0
    return kinds.get(length, "second") if text else None


def is_draft(file: Post) -> bool:
    is_said = file.front_matter.get("draft") in ("true", "yes")
    return is_said or "_drafts" in file.source_path.split("/")


def leftovers(post: dict[str, Any]) -> dict[str, Any] | None:
    return {key: value for key, value in post.items() if key not in KEYS} or None


def expect_articles(file: Post) -> list[dict[str, Any]]:
    """The one article of a post, as plain PyYAML reads it."""
    post = file.front_matter
    provider = post.get("provider") or {}
    page = canonical(post.get("webUrl") or post.get("originalUrl"))
    is_published = False if is_draft(file) else flag(post.get("published"))
    is_removed = flag(post.get("removed")) or False
    return [
        {
            "archive": None,
            "source_path": file.source_path,
            "collection": file.source_path.rpartition("/")[0],
            "category": post.get("category"),
            "type": post.get("type"),
            "title": post.get("title"),
            "title_text": headline(post.get("title")),
            # Only a mapping gives these.
            "slug": None,
            "language": None,
            "authors": [],
            "excerpt": post.get("excerpt"),
            "excerpt_text": words(post.get("excerpt")),
            "published_at": moment(post.get("publishedDateTime")),
            "published_precision": precision(post.get("publishedDateTime")),
            "published_on": day(post.get("publishedDateTime")),
            "updated_at": None,
            "original_url": address(post.get("originalUrl")),
            "web_url": address(post.get("webUrl")),
            "amp_url": address(post.get("ampWebUrl")),
            "cdn_amp_url": address(post.get("cdnAmpWebUrl")),
            "canonical_url": page,
            "url_id": identity(page),
            "host": host(page),
            "provider_name": provider.get("name"),
            "provider_domain": provider.get("domain"),
            "topics": post.get("topics") or [],
            "quality": whole_number(post.get("quality")),
            "heat": whole_number(post.get("heat")),
            "is_published": is_published,
            "is_public": is_published is not False and not is_removed,
            "is_removed": is_removed,
            "featured_content": not_blank(post.get("featuredContent")),
            "body": not_blank(file.body),
            "image_count": len(post.get("images") or []),
            "related_count": len(post.get("related") or []),
            "extra": leftovers(post),
        }
    ]


CASES = Cases(
    rules={
        "article_id": "is_not_null is_id",
        "source_path": "is_not_null",
        "collection": "is_not_null",
        "type": "is_not_null",
        "title": "is_not_null is_not_blank",
        "authors": "is_not_null",
        "updated_at": "is_timestamp",
        "published_at": "is_timestamp is_dated_if_news",
        "published_precision": "is_precision",
        "original_url": "is_trimmed is_url",
        "web_url": "is_trimmed is_url",
        "amp_url": "is_trimmed is_url",
        "cdn_amp_url": "is_trimmed is_url",
        "url_id": "is_id",
        "topics": "is_not_null has_no_null_items",
        "quality": "is_integer",
        "heat": "is_integer",
        "is_published": "is_boolean",
        "is_public": "is_not_null",
        "is_removed": "is_not_null is_boolean",
        "image_count": "is_not_null is_not_negative",
        "related_count": "is_not_null is_not_negative",
    },
    keys={"article_id": (ID, OTHER_ID)},
    smallest={
        "article_id": ID,
        "source_path": "a.md",
        "collection": "",
        "type": "article",
        "title": "t",
        "authors": [],
        "topics": [],
        "is_public": True,
        "is_removed": False,
        "image_count": 0,
        "related_count": 0,
    },
    # An absent list is empty, and an absent flag is false. A null among the topics is a wrong
    # shape, which is found earlier.
    unbreakable={
        "authors": {"is_not_null"},
        "topics": {"is_not_null", "has_no_null_items"},
        "is_removed": {"is_not_null"},
    },
    expect=expect_articles,
)


def build(*texts: str) -> Built:
    posts = [split_post(text.encode()) for text in texts]
    front_matters = [parse(each.front_matter) for each in posts]
    fields = build_fields(*front_matters, bodies=[each.body for each in posts])
    return build_articles(fields)


def test_every_column_has_its_value() -> None:
    built = build(
        post(
            {
                "title": "'Q&amp;A'",
                "_web_slug": "q-a",
                "_web_language": "en",
                "_web_authors": "[Me, You]",
                "_web_updated": "2024-03-06",
                "excerpt": "<p>Two &amp;  three</p>",
                "originalUrl": "https://example.org/original",
                "webUrl": "' HTTPS://Example.org/A?utm_source=x#y '",
                "ampWebUrl": "https://amp.example.org/a",
                "cdnAmpWebUrl": "https://cdn.example.org/a",
                "provider": "{name: Example, domain: example.org}",
                "topics": "[b, a]",
                "quality": "7",
                "heat": "-1",
                "published": "no",
                "removed": "true",
                "featuredContent": "x",
                "images": "[{url: /1}, {url: /2}]",
                "related": "[{webUrl: /3}]",
                "price": "Free",
                "secured": "c2VjcmV0",
            },
            body="Text.\n",
        )
    )
    assert built.findings.is_empty()
    assert built.rows.to_dicts() == [
        {
            "article_id": identify("_news/0.md"),
            "archive": None,
            "source_path": "_news/0.md",
            "collection": "_news",
            "category": "news",
            "type": "article",
            "title": "Q&amp;A",
            "title_text": "Q&A",
            "slug": "q-a",
            "language": "en",
            "authors": ["Me", "You"],
            "excerpt": "<p>Two &amp;  three</p>",
            "excerpt_text": "Two & three",
            "published_at": datetime(2024, 3, 5, 10, tzinfo=UTC),
            "published_precision": "second",
            "published_on": date(2024, 3, 5),
            "updated_at": datetime(2024, 3, 6, tzinfo=UTC),
            "original_url": "https://example.org/original",
            "web_url": "HTTPS://Example.org/A?utm_source=x#y",
            "amp_url": "https://amp.example.org/a",
            "cdn_amp_url": "https://cdn.example.org/a",
            "canonical_url": "https://example.org/A",
            "url_id": identify("https://example.org/A"),
            "host": "example.org",
            "provider_name": "Example",
            "provider_domain": "example.org",
            "topics": ["b", "a"],
            "quality": 7,
            "heat": -1,
            "is_published": False,
            "is_public": False,
            "is_removed": True,
            "featured_content": "x",
            "body": "Text.\n",
            "image_count": 2,
            "related_count": 1,
            "extra": '{"price":"Free"}',
            "_partition": "2024-03",
        }
    ]


def test_absent_values_are_null_or_have_their_default() -> None:
    text = post(
        {"category": None, "publishedDateTime": None, "webUrl": None, "featuredContent": "' '"},
        body="\n \n",
    )
    (row,) = build(text).rows.to_dicts()
    assert {name for name, value in row.items() if value is None} == {
        "archive",
        "category",
        "slug",
        "language",
        "excerpt",
        "excerpt_text",
        "published_at",
        "published_precision",
        "published_on",
        "updated_at",
        "original_url",
        "web_url",
        "amp_url",
        "cdn_amp_url",
        "canonical_url",
        "url_id",
        "host",
        "provider_name",
        "provider_domain",
        "quality",
        "heat",
        "is_published",
        "featured_content",
        "body",
        "extra",
    }
    assert (row["topics"], row["is_removed"], row["image_count"], row["related_count"]) == (
        [],
        False,
        0,
        0,
    )
    assert row["_partition"] == "unknown"


BROKEN: list[tuple[dict[str, str | None], str, str, str | None]] = [
    ({"title": None}, "title", "is_not_null", None),
    ({"title": "~"}, "title", "is_not_null", None),
    ({"title": "'  '"}, "title", "is_not_blank", "  "),
    ({"title": "[a]"}, "title", "is_text", '["a"]'),
    ({"type": None}, "type", "is_not_null", None),
    ({"publishedDateTime": None}, "publishedDateTime", "is_dated_if_news", None),
    ({"publishedDateTime": "soon"}, "publishedDateTime", "is_timestamp", "soon"),
    ({"webUrl": "ftp://e.org"}, "webUrl", "is_url", "ftp://e.org"),
    ({"publishedDateTime": "''"}, "publishedDateTime", "is_dated_if_news", None),
    ({"originalUrl": "e.org"}, "originalUrl", "is_url", "e.org"),
    ({"ampWebUrl": "e.org"}, "ampWebUrl", "is_url", "e.org"),
    ({"cdnAmpWebUrl": "e.org"}, "cdnAmpWebUrl", "is_url", "e.org"),
    ({"quality": "high"}, "quality", "is_integer", "high"),
    ({"heat": "1.5"}, "heat", "is_integer", "1.5"),
    ({"published": "maybe"}, "published", "is_boolean", "maybe"),
    ({"removed": "1"}, "removed", "is_boolean", "1"),
    ({"topics": "a"}, "topics", "is_list", "a"),
    ({"topics": "[a, ~]"}, "topics[1]", "is_text", "null"),
    ({"topics": "[[a]]"}, "topics[0]", "is_text", '["a"]'),
    ({"provider": "Example"}, "provider", "is_mapping", "Example"),
    ({"provider": "{name: [a]}"}, "provider.name", "is_text", '["a"]'),
    ({"images": "{url: /a}"}, "images", "is_list", '{"url":"/a"}'),
    ({"images": "[~]"}, "images[0]", "is_mapping", "null"),
    ({"related": "[{images: [/a]}]"}, "related[0].images[0]", "is_mapping", "/a"),
    ({"secured": "[hush]"}, "secured", "is_text", "a list"),
]
"""Changes of a valid post, with the field, rule and value of the finding."""


def test_a_broken_rule_rejects_the_article_and_says_why() -> None:
    built = build(post(), *(post(change) for change, *_ in BROKEN))
    assert built.rows["source_path"].to_list() == ["_news/0.md"]
    errors = built.findings.filter(severity="error")
    assert sorted(errors.select("source_path", "field_path", "rule", "value").rows()) == sorted(
        (f"_news/{number}.md", *found) for number, (_, *found) in enumerate(BROKEN, 1)
    )
    assert "hush" not in str(built.findings.to_dicts())


def test_every_error_of_a_row_is_reported_at_once() -> None:
    built = build(post({"title": None, "heat": "hot", "webUrl": "x"}))
    assert sorted(built.findings["rule"]) == ["is_integer", "is_not_null", "is_url"]


def test_a_warning_hides_no_error_of_the_same_column(monkeypatch: pytest.MonkeyPatch) -> None:
    is_recent = RowRule(
        "is_recent", "published_at", pl.col("published_at").dt.year() >= 2000, "a year from 2000"
    )
    changed = replace(ARTICLES, row_rules=(*ARTICLES.row_rules, is_recent))
    monkeypatch.setattr("pipelines.tables.articles.extend_articles", lambda _: changed)
    built = build(post({"publishedDateTime": "1990-01-01 10:00:00"}))
    assert built.rows.is_empty()
    assert built.findings["rule"].to_list() == ["has_time_zone", "is_recent"]


def test_a_finding_carries_the_rejected_row_without_its_secret() -> None:
    (row,) = build(post({"heat": "hot", "secured": "hush"})).findings["row"]
    assert '"heat":"hot"' in row
    assert "hush" not in row


def test_a_secret_below_an_unknown_place_stays_secret_too() -> None:
    built = build(post({"mood": "good", "related": "[{secured: hush, webUrl: /a}]"}))
    assert built.rows["extra"].to_list() == ['{"mood":"good"}']


def test_published_precision_says_date_minute_or_second() -> None:
    built = build(
        post({"publishedDateTime": "2024-03-05"}),
        post({"publishedDateTime": "2024-03-05 08:00:00"}),
        post({"publishedDateTime": "2024-03-05T08:01Z"}),
    )
    assert built.rows["published_precision"].to_list() == ["date", "second", "minute"]
    assert built.findings.select("severity", "rule", "source_path").rows() == [
        ("warning", "has_time_zone", "_news/1.md")
    ]


def test_published_on_is_the_day_in_utc_or_the_day_that_is_written() -> None:
    texts = ("2024-03-05", "2024-3-5", "2024-03-05T23:30:00-01:00", "2024-03-05T00:00Z", "0001-1-1")
    built = build(*(post({"publishedDateTime": text}) for text in texts))
    days = dict(built.rows.select("source_path", "published_on").iter_rows())
    (first, same, next_day, midnight, earliest) = (days[f"_news/{n}.md"] for n in range(5))
    assert (first, same, midnight) == (date(2024, 3, 5),) * 3
    assert (next_day, earliest) == (date(2024, 3, 6), date(1, 1, 1))


@pytest.mark.parametrize(
    ("change", "is_public"),
    [
        ({}, True),
        ({"published": "true"}, True),
        ({"published": "false"}, False),
        ({"removed": "true"}, False),
        ({"published": "true", "removed": "true"}, False),
        ({"removed": "false"}, True),
        ({"published": "true", "draft": "true"}, False),
        ({"draft": "true"}, False),
    ],
)
def test_public_is_what_is_neither_hidden_nor_removed(
    change: dict[str, str | None], is_public: bool
) -> None:
    assert build(post(change)).rows["is_public"].to_list() == [is_public]


def test_what_a_cms_left_empty_is_null() -> None:
    keys = ("heat", "published", "removed", "ampWebUrl", "topics", "provider", "images", "related")
    undated = {"category": None, "publishedDateTime": "''"}
    built = build(post(dict.fromkeys(keys, "''")), post(), post(undated), post(undated))
    assert built.findings.is_empty()
    empty, absent, *_ = built.rows.drop("article_id", "source_path").to_dicts()
    assert empty == absent
    assert built.rows["published_precision"].to_list() == ["second", "second", None, None]


@pytest.mark.parametrize(
    ("change", "is_published"),
    [
        ({"draft": "true"}, False),
        ({"draft": "'Yes'"}, False),
        ({"draft": "true", "published": "true"}, False),
        ({"draft": "false"}, None),
        ({"draft": "false", "published": "true"}, True),
        ({"draft": "soon"}, None),
        ({"draft": "[true]"}, None),
        ({"meta": "{draft: true}"}, None),
        ({}, None),
    ],
)
def test_a_draft_is_not_published(change: dict[str, str | None], is_published: bool | None) -> None:
    built = build(post(), post(change))
    assert built.rows["is_published"].to_list() == [None, is_published]


def test_a_draft_with_an_unreadable_flag_is_rejected_like_others() -> None:
    assert build(post({"draft": "true", "published": "maybe"})).rows.is_empty()


@pytest.mark.parametrize(
    ("folder", "is_published"),
    [("_drafts", False), ("blog/_drafts/2024", False), ("drafts", None), ("_drafts2", None)],
)
def test_a_post_in_a_folder_of_drafts_is_not_published(
    archive: Archive, folder: str, is_published: bool | None
) -> None:
    archive.write(f"{folder}/a.md", post())
    archive.run()
    assert archive.rows("articles")["is_published"].to_list() == [is_published]


def test_articles_are_in_order_of_time_with_the_undated_last() -> None:
    undated = post({"category": "letter", "publishedDateTime": None})
    built = build(undated, post(), post({"publishedDateTime": "2020-01-01"}))
    assert built.rows["source_path"].to_list() == ["_news/2.md", "_news/1.md", "_news/0.md"]
