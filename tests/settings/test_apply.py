"""The mapping that settings make of a built-in one."""

import tomllib

from pipelines.mapping.built_in import EVERYDAY, WEB
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.source import Source
from pipelines.settings.apply import apply_settings
from pipelines.settings.checking import check_settings


def apply(text: str, base: PostMapping = WEB) -> PostMapping:
    return apply_settings(check_settings(tomllib.loads(text)), base)


def at(mapping: PostMapping, path: str) -> PostMapping:
    found = mapping.at(path)
    assert found is not None
    return found


def test_settings_that_say_nothing_change_nothing() -> None:
    assert apply("") == WEB
    assert apply("").id == WEB.id
    assert apply("", EVERYDAY).is_plain


def test_three_dots_stand_for_the_base_at_their_place() -> None:
    sources = apply('articles.title = ["a", "...", "b"]').sources["title"]
    assert sources == (Source("a"), *WEB.sources["title"], Source("b"))
    # Under everyday, for the key of the tables. The list of related items is always read.
    strict = apply('related_links = ["a", "..."]\narticles.web_url = ["...", "b"]', EVERYDAY)
    assert strict.sources["web_url"] == (Source("webUrl"), Source("b"))
    assert strict.sources["related_links"] == (Source("a"),)


def test_what_is_not_named_stays() -> None:
    mapping = apply('articles.title = "a"')
    assert {**mapping.sources, "title": WEB.sources["title"]} == WEB.sources
    assert apply('articles.title = "a"', EVERYDAY).sources.keys() == {"title"}
    assert apply('base = "everyday"').name == "everyday"


def test_the_last_folder_that_matches_counts() -> None:
    mapping = apply(
        'time_zone = "UTC"\n[[folders]]\npath = "a/"\ntime_zone = "Europe/Oslo"\n'
        '[[folders]]\npath = "a/b/"\nskip = true\n'
    )
    assert at(mapping, "x.md").time_zone == "UTC"
    assert at(mapping, "a/x.md").time_zone == "Europe/Oslo"
    assert mapping.at("a/b/x.md") is None


def test_three_dots_of_a_folder_stand_for_what_the_archive_says() -> None:
    mapping = apply(
        'articles.title = "a"\n[[folders]]\npath = "x/"\narticles.title = ["b", "..."]\n'
    )
    assert at(mapping, "x/a.md").sources["title"] == (Source("b"), Source("a"))


def test_a_folder_with_a_base_of_its_own_has_the_severities_of_that() -> None:
    mapping = apply(
        'articles.title = ["a", "..."]\narticles.columns.x.key = "x"\n'
        'severities.is_url = "error"\n[[folders]]\npath = "x/"\nbase = "everyday"\n'
    )
    folder = at(mapping, "x/a.md")
    assert folder.is_strict
    assert folder.effects == {"is_url": "error"}
    # What the archive says beyond its base counts there, too.
    assert folder.sources["title"] == (Source("a"), Source("title"))
    assert folder.columns == mapping.columns


def test_a_severity_of_a_table_comes_before_one_of_a_column_and_of_a_rule() -> None:
    mapping = apply(
        '[severities]\nis_url = "nothing"\n"url.is_url" = "warning"\n"images.url.is_url" = "error"',
        EVERYDAY,
    )
    assert mapping.find_effect("images", "url", "is_url") == "error"
    assert mapping.find_effect("other", "url", "is_url") == "warning"
    assert mapping.find_effect("other", "web_url", "is_url") == "nothing"
    assert mapping.find_effect("articles", "title", "is_not_null") is None


def test_the_severity_of_an_own_column_is_that_of_all_its_rules() -> None:
    column = '{ key = "x", type = "integer", required = true, max = 5, severity = "warning" }'
    mapping = apply(f"articles.columns.x = {column}", EVERYDAY)
    assert {rule for rule in mapping.effects if rule.startswith("x.")} >= {
        "x.is_integer", "x.is_not_null", "x.is_at_most"
    }  # fmt: skip
    assert set(mapping.effects.values()) == {"warning"}


def test_every_change_of_the_settings_gives_another_id() -> None:
    texts = (
        "",
        'site = "https://e.org"',
        'secrets = ["a"]',
        'articles.columns.x.key = "x"',
        'articles.columns.x = { key = "x", max = 5, type = "number" }',
        'articles.title = { key = "x", prefix = "a" }',
        '[[folders]]\npath = "a"\nskip = true',
        '[[folders]]\npath = "b"\nskip = true',
    )
    assert len({apply(text).id for text in texts}) == len(texts)
