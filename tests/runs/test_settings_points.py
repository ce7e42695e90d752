"""The points that a mapping must be able to express, each said by matterhouse.toml and built.

They were found in archives of other people. Point 23, shortcodes in bodies, is not there yet.
"""

import json
from datetime import UTC, date, datetime
from typing import Any

from tests.conftest import Archive


def build(archive: Archive, settings: str, *posts: str, **files: str) -> None:
    """Build `posts`, the front matter of a.md, b.md and so on, and files by their paths."""
    named = {
        f"{name}.md": f"---\n{text}\n---\n" for name, text in zip("abcde", posts, strict=False)
    }
    for name, text in {**named, **files}.items():
        archive.write(name, text)
    (archive.raw.parent / "matterhouse.toml").write_text(settings, encoding="utf-8")
    archive.run(mapping="auto")


def rows(archive: Archive, *columns: str, table: str = "articles") -> list[tuple[Any, ...]]:
    """The rows of a table, in order of the paths of their files."""
    articles = archive.rows("articles").select("article_id", "source_path")
    found = archive.rows(table).drop("source_path", strict=False)
    joined = articles.join(found, on="article_id", maintain_order="right")
    return joined.sort("source_path", maintain_order=True).select(columns).rows()


def test_point_1_which_files_are_articles_and_another_mapping_for_a_folder(
    archive: Archive,
) -> None:
    settings = """
    base = "web"
    exclude = ["drafts"]
    [[folders]]
    path = "events/"
    articles.type = { constant = "event" }
    articles.published_at = ["starts", "..."]
    [[folders]]
    path = "people/"
    skip = true
    """
    files = {
        "news/a.md": "---\ntitle: A\ntype: post\n---\n",
        "events/b.md": "---\ntitle: B\ntype: post\nstarts: 2024-03-05\n---\n",
        "people/ann.md": "---\nname: Ann\n---\n",
        "drafts/d.md": "---\ntitle: D\n---\n",
    }
    build(archive, settings, **files)
    assert rows(archive, "title", "type", "published_month") == [
        ("B", "event", "2024-03"),
        ("A", "post", "unknown"),
    ]
    assert archive.statuses() == {
        "events/b.md": "loaded",
        "news/a.md": "loaded",
        "people/ann.md": "ignored",
    }
    assert archive.rows("documents").height == 3


def test_point_2_the_first_of_several_keys_that_has_a_value(archive: Archive) -> None:
    settings = 'base = "web"\n[articles]\ntitle = ["kop", "heading", "..."]'
    posts = ("title: T\nkop: K\nheading: H", "title: T\nkop: ' '\nheading: H", "title: T")
    build(archive, settings, *posts)
    assert rows(archive, "title") == [("K",), ("H",), ("T",)]


def test_point_3_keys_in_any_capitals(archive: Archive) -> None:
    build(archive, 'base = "web"\n[articles]\ntitle = "headLine"', "Headline: A", "HEADLINE: B")
    assert rows(archive, "title", "extra") == [("A", None), ("B", None)]


def test_point_4_paths_into_mappings(archive: Archive) -> None:
    settings = """
    base = "web"
    [articles.columns]
    team = { key = "extra.team" }
    weight = { key = "menu.main.weight", type = "integer" }
    """
    build(archive, settings, "title: t\nextra: {Team: red, z: 1}\nmenu: {main: {weight: 5}}")
    assert rows(archive, "team", "weight") == [("red", 5)]
    ((extra,),) = rows(archive, "extra")
    assert json.loads(extra) == {"extra": {"z": "1"}}


def test_point_5_what_is_no_key(archive: Archive) -> None:
    settings = """
    base = "web"
    [articles]
    title = "@heading"
    category = "@folder"
    slug = "@slug"
    provider_name = { constant = "The Example" }
    [articles.columns]
    named = { key = "@name" }
    top = { key = { key = "@path", pattern = "^([^/]+)/" } }
    """
    build(archive, settings, **{"x/tips/2024-01-02-a-tip.md": "---\n---\n# Hello\n"})
    columns = ("title", "category", "slug", "provider_name", "named", "top")
    assert rows(archive, *columns) == [("Hello", "tips", "a-tip", "The Example", "A tip", "x")]


def test_point_6_a_part_of_a_value_by_pattern(archive: Archive) -> None:
    settings = r"""
    base = "web"
    [articles]
    slug = { key = "path", pattern = '([^/]+)\.html$' }
    published_at = { key = "path", pattern = '(?P<y>\d{4})/(\d\d)', template = "{y}-{2}-01" }
    """
    build(archive, settings, "title: t\npath: 2024/03/hello.html", "title: u\npath: other")
    assert rows(archive, "slug", "published_month", "extra") == [
        ("hello", "2024-03", '{"path":"2024/03/hello.html"}'),
        (None, "unknown", '{"path":"other"}'),
    ]


def test_point_7_several_dates_with_roles(archive: Archive) -> None:
    settings = """
    base = "web"
    [articles]
    updated_at = ["geaendert", "..."]
    [articles.columns]
    expires_at = { key = "expires", type = "timestamp" }
    begins_at = { key = "from", type = "timestamp" }
    """
    build(archive, settings, "title: t\ngeaendert: 2024-03-06\nexpires: 2025-01-01\nfrom: soon")
    assert rows(archive, "updated_at", "expires_at", "begins_at") == [
        (datetime(2024, 3, 6, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC), None)
    ]
    assert archive.findings("severity", "field_path", "rule") == [
        ("warning", "from", "is_timestamp")
    ]


def test_point_8_a_default_zone_and_minutes_without_seconds(archive: Archive) -> None:
    settings = 'base = "web"\ntime_zone = "Europe/Oslo"'
    build(
        archive, settings, "title: t\ndate: 2024-07-05 10:30", "title: u\ndate: 2024-07-05T10:30Z"
    )
    assert rows(archive, "published_at", "published_precision") == [
        (datetime(2024, 7, 5, 8, 30, tzinfo=UTC), "minute"),
        (datetime(2024, 7, 5, 10, 30, tzinfo=UTC), "minute"),
    ]
    assert archive.findings() == []


def test_a_day_alone_stays_that_day_in_every_time_zone(archive: Archive) -> None:
    settings = 'base = "web"\ntime_zone = "Europe/Oslo"'
    build(archive, settings, "title: t\ndate: 2024-07-01", "title: u\ndate: 2024-07-01 00:30:00")
    assert rows(archive, "published_at", "published_on") == [
        (datetime(2024, 6, 30, 22, tzinfo=UTC), date(2024, 7, 1)),
        (datetime(2024, 6, 30, 22, 30, tzinfo=UTC), date(2024, 6, 30)),
    ]


def test_a_day_that_is_not_in_the_calendar_has_neither_precision_nor_day(archive: Archive) -> None:
    build(archive, 'base = "web"', "title: t\ndate: 2024-02-30")
    assert rows(archive, "published_at", "published_precision", "published_on") == [(None,) * 3]


def test_point_9_a_flag_from_several_keys_and_their_opposites(archive: Archive) -> None:
    settings = 'base = "web"\n[articles]\nis_published = ["live", "!wip", "published"]'
    posts = ("wip: true", "live: yes\nwip: false", "live: no", "published: 2024-03-05", "draft: 1")
    build(archive, settings, *(f"title: t\n{each}" for each in posts))
    shown = [False, True, False, None, None]
    assert rows(archive, "is_published") == [(each,) for each in shown]
    assert archive.findings() == []


def test_point_10_a_type_is_optional_or_a_constant_or_another_key(archive: Archive) -> None:
    settings = """
    base = "everyday"
    articles.type = ["type", "layout"]
    [severities]
    "type.is_not_null" = "nothing"
    [[folders]]
    path = "talks/"
    articles.type = { constant = "talk" }
    """
    talk = {"talks/t.md": "---\ntitle: t\nlayout: x\n---\n"}
    build(archive, settings, "title: t\nlayout: post", "title: u", **talk)
    assert rows(archive, "type") == [("post",), (None,), ("talk",)]
    assert archive.findings("rule", "field_path") == [("is_known_key", "layout")]


def test_point_11_a_list_of_a_list_a_word_a_comma_text_and_several_keys(archive: Archive) -> None:
    settings = 'base = "web"\n[articles]\ntopics = ["themes", "serie"]'
    posts = (
        "themes: [a, b]\nserie: [b, c]", "themes: word", "themes: a, b", "themes:", "themes: ''"
    )  # fmt: skip
    build(archive, settings, *(f"title: t\n{each}" for each in posts))
    expected: list[list[str]] = [["a", "b", "c"], ["word"], ["a", "b"], [], []]
    assert rows(archive, "topics") == [(each,) for each in expected]


def test_point_12_authors_in_a_text_and_other_roles(archive: Archive) -> None:
    settings = """
    base = "web"
    [articles]
    authors = [{ key = "byline", split = [" and ", ","] }, "authors"]
    [articles.columns.translators]
    key = { key = "translator", split = [" and "] }
    type = "list"
    """
    posts = ("byline: Ann, Bob and Cy\nauthors: [Cy, Di]\ntranslator: Eve and Fay", "translator:")
    build(archive, settings, *(f"title: t\n{each}" for each in posts))
    assert rows(archive, "authors", "translators") == [
        (["Ann", "Bob", "Cy", "Di"], ["Eve", "Fay"]),
        ([], []),
    ]


def test_point_13_ids_that_stand_for_another_record_are_kept_and_can_be_joined(
    archive: Archive,
) -> None:
    settings = """
    base = "web"
    images = { key = "image_id" }
    articles.authors = "author_ids"
    [articles.columns.person]
    key = { key = "@path", pattern = "^people/(.+)[.]md$" }
    """
    people = {"people/ann-b.md": "---\nname: Ann B.\n---\n"}
    build(archive, settings, "title: t\nauthor_ids: [ann-b]\nimage_id: uid-17", **people)
    assert rows(archive, "authors", "person") == [(["ann-b"], None), ([], "ann-b")]
    assert rows(archive, "url", "resolved_url", table="images") == [("uid-17", None)]
    assert archive.findings() == []


def test_point_14_an_image_from_a_text_and_keys_beside_it(archive: Archive) -> None:
    settings = """
    base = "web"
    images = [
        { key = "hero", title = "says", attribution = "photographer", width = "wide" },
        { key = "card", url = "file", title = "words" },
        "...",
    ]
    """
    text = "hero: /h.png\nsays: H\nphotographer: Ann\nwide: 640\ncard: {file: /c.png, words: C}"
    build(archive, settings, f"title: t\n{text}\ncover: /o.png\ncover_alt: O")
    assert rows(archive, "url", "title", "attribution", "width", table="images") == [
        ("/h.png", "H", "Ann", 640),
        ("/c.png", "C", None, None),
        ("/o.png", "O", None, None),
    ]
    assert rows(archive, "extra") == [(None,)]


def test_point_14_an_image_that_is_no_key_takes_no_words_of_the_post(archive: Archive) -> None:
    settings = """
    base = "web"
    images = [{ key = "@slug", template = "/og/{}.png" }, { constant = "/logo.png" }]
    """
    build(archive, settings, "title: t\ncaption: c")
    assert rows(archive, "url", "title", table="images") == [
        ("/og/a.png", None),
        ("/logo.png", None),
    ]


def test_point_15_addresses_with_a_prefix_or_a_template(archive: Archive) -> None:
    settings = """
    base = "web"
    site = "https://example.org"
    images = [
        { key = "pics", prefix = "https://cdn.example.org/img/" },
        { key = "pic_id", template = "/media/{}.jpg" },
    ]
    """
    pics = '[a/b.png, /c.png, ./d.png, "https://e.org/e.png"]'
    build(archive, settings, f"title: t\npics: {pics}\npic_id: 17")
    cdn = "https://cdn.example.org/img"
    assert rows(archive, "url", "resolved_url", table="images") == [
        *((f"{cdn}/{name}", f"{cdn}/{name}") for name in ("a/b.png", "c.png", "d.png")),
        ("https://e.org/e.png", "https://e.org/e.png"),
        ("/media/17.jpg", "https://example.org/media/17.jpg"),
    ]


def test_point_16_lists_of_links_with_other_names_and_mappings_of_addresses(
    archive: Archive,
) -> None:
    settings = """
    base = "web"
    related_links = [
        "see_also",
        { key = "sources", web_url = "where", title = "who", type = "what", published_at = "day" },
        "others",
    ]
    """
    source = "{where: /w, who: W, what: book, day: 2024-03-05}"
    build(
        archive, settings,
        f"title: t\nsee_also: [{{title: S, href: /s}}, /plain]\nsources: [{source}]\n"
        'others: {"https://e.org/a": A, /b: B}',
    )  # fmt: skip
    assert rows(archive, "position", "web_url", "title", "type", table="related_links") == [
        (0, "/s", "S", None),
        (1, "/plain", None, None),
        (2, "/w", "W", "book"),
        (3, "https://e.org/a", "A", None),
        (4, "/b", "B", None),
    ]
    published = rows(archive, "published_at", table="related_links")[2]
    assert published == (datetime(2024, 3, 5, tzinfo=UTC),)
    assert rows(archive, "related_count", "extra") == [(5, None)]


def test_point_17_a_single_link_key_is_one_row(archive: Archive) -> None:
    settings = """
    base = "web"
    related_links = ["redirect_to", { key = "repo", template = "https://code.example.org/{}" }]
    """
    build(archive, settings, "title: t\nredirect_to: /new\nrepo: a/b", "title: u")
    assert rows(archive, "web_url", table="related_links") == [
        ("/new",),
        ("https://code.example.org/a/b",),
    ]


def test_point_18_the_address_of_the_page_itself(archive: Archive) -> None:
    settings = """
    base = "web"
    site = "https://example.org"
    related_links = "see"
    articles.web_url = ["permalink", { key = "slug", template = "https://example.org/{}/" }]
    [articles.columns.redirects]
    key = ["aliases", "redirect_from"]
    type = "list"
    """
    posts = ("permalink: /about/\naliases: /a, /b", "slug: x\nredirect_from: [/c]\nsee: /about/")
    build(archive, settings, *(f"title: t\n{each}" for each in posts))
    assert rows(archive, "web_url", "canonical_url", "redirects") == [
        ("/about/", "https://example.org/about/", ["/a", "/b"]),
        ("https://example.org/x/", "https://example.org/x/", ["/c"]),
    ]
    target = archive.rows("related_links")["target_url_id"].to_list()
    assert target == [archive.rows("articles").sort("source_path")["url_id"][0]]


def test_point_19_the_language_of_a_key_a_folder_or_a_file_name(archive: Archive) -> None:
    settings = """
    base = "web"
    [articles]
    language = ["taal", "@suffix", { key = "@path", pattern = "^([a-z]{2})/" }]
    """
    post = "---\ntitle: t\n---\n"
    files = {"about.fr.md": post, "nl/x.md": post, "z.md": post}
    build(archive, settings, "title: t\ntaal: de", **files)
    assert rows(archive, "language") == [("de",), ("fr",), ("nl",), (None,)]


def test_point_20_the_body_of_a_key_and_an_excerpt_above_a_mark(archive: Archive) -> None:
    settings = """
    base = "web"
    [articles]
    body = ["@body", "raw-content"]
    excerpt = ["summary", "@excerpt"]
    """
    more = "---\ntitle: t\nraw-content: no\n---\nTeaser\n<!-- more -->\nRest\n"
    build(archive, settings, "title: t\nraw-content: Kept elsewhere", **{"b.md": more})
    assert rows(archive, "body", "excerpt") == [
        ("Kept elsewhere", None),
        ("Teaser\n<!-- more -->\nRest\n", "Teaser"),
    ]


def test_point_21_what_a_bad_value_does(archive: Archive) -> None:
    settings = """
    base = "everyday"
    articles.columns.stars = { key = "stars", type = "integer", max = 5 }
    [severities]
    is_timestamp = "warning"
    "articles.stars.is_at_most" = "warning"
    "heat.is_integer" = "nothing"
    """
    base = "title: t\ntype: x\n"
    posts = ("publishedDateTime: soon", "stars: 9", "heat: warm", "quality: fine", "stars: many")
    build(archive, settings, *(base + each for each in posts))
    assert rows(archive, "published_at", "stars", "heat") == [
        (None, None, None),
        (None, 9, None),
        (None, None, None),
    ]
    assert archive.findings("severity", "source_path", "field_path", "rule") == [
        ("warning", "a.md", "publishedDateTime", "is_timestamp"),
        ("warning", "b.md", "stars", "is_at_most"),
        ("error", "d.md", "quality", "is_integer"),
        ("error", "e.md", "stars", "is_integer"),
    ]


def test_point_22_constants_for_the_archive(archive: Archive) -> None:
    settings = """
    base = "web"
    site = "https://example.org/"
    [articles]
    provider_name = { constant = "The Example" }
    provider_domain = ["domain", { constant = "example.org" }]
    """
    build(
        archive, settings, "title: t\nurl: /a", "title: u\ndomain: other.org\nprovider: {name: n}"
    )
    columns = ("provider_name", "provider_domain", "canonical_url")
    assert rows(archive, *columns) == [
        ("The Example", "example.org", "https://example.org/a"),
        ("The Example", "other.org", None),
    ]
