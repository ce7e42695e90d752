"""What matterhouse.toml may say, and what is a mistake there."""

import tomllib

import pytest

from pipelines.settings.checking import MistakenError, check_settings


def find_mistakes(text: str) -> list[tuple[str, str]]:
    """The path and the problem of every mistake."""
    with pytest.raises(MistakenError) as caught:
        check_settings(tomllib.loads(text))
    return [(".".join(map(str, each.path)), each.problem) for each in caught.value.mistakes]


MISTAKES = [
    ('base = "wbe"', "base", "found 'wbe', expected 'everyday' or 'web'; is web meant?"),
    ('time_zone = ""', "time_zone", 'found "", expected a time zone like Europe/Oslo'),
    ('time_zone = "Oslo"', "time_zone", 'found "Oslo", expected a time zone like Europe/Oslo'),
    (
        'site = "https://e.org/blog"',
        "site",
        'found "https://e.org/blog", expected an address without a path, like https://example.org',
    ),
    ('include = "*.md"', "include", 'expected a list, like ["a", "b"]'),
    ('include = [""]', "include.0", "found nothing, expected a glob"),
    ('secrets = ["a.b"]', "secrets.0", 'found "a.b", expected one key: it is secret at any depth'),
    ("[[folders]]\nskip = true", "folders.0", "found no path"),
    ("settle = -1", "settle", "expected at least 0"),
    ("[guards]\nmax_deletes = 1.5", "guards.max_deletes", "expected a whole number"),
    (
        "[guards]\nmax_reject_share = 5",
        "guards.max_reject_share",
        "expected at most 1",
    ),
    (
        "[guards.rules]\nis_text = 1.5",
        "guards.rules.is_text",
        "found 1.5, expected a whole number, or a share below 1",
    ),
    (
        "[guards.rules]\nis_closd = 0",
        "guards.rules.is_closd",
        "found is_closd, which is no rule; is is_closed meant?",
    ),
    (
        '[guards.rules]\n"articles.titel.is_text" = 0',
        "guards.rules.articles.titel.is_text",
        "found titel, which is no column; is title meant?",
    ),
    (
        '[[folders]]\npath = "a"\narticles.columns.x.key = "x"',
        "folders.0.articles.columns",
        "found columns of a part, expected them above, in [articles.columns]",
    ),
    (
        'articles.columns.heat.key = "x"',
        "articles.columns.heat",
        "found heat, which articles have already: say where it comes from",
    ),
    (
        'articles.columns.host.key = "x"',
        "articles.columns.host",
        "found host, which articles have already: choose another name",
    ),
]


@pytest.mark.parametrize(("text", "path", "problem"), MISTAKES)
def test_a_mistake_is_told_with_its_place(text: str, path: str, problem: str) -> None:
    assert find_mistakes(text) == [(path, problem)]


SOURCES = [
    ("5", "expected a key, or a table of keys"),
    ("{}", "expected either key or constant"),
    ('{ key = "a", constant = "b" }', "expected either key or constant"),
    ('""', 'found "", expected a key, or keys with dots between them'),
    ('"a..b"', 'found "a..b", expected a key, or keys with dots between them'),
    ('"!"', 'found "!", expected a key, or keys with dots between them'),
    ('"!..."', 'found "!...", expected a key, or keys with dots between them'),
    ('"!draft"', "found !draft, but only a flag has an opposite"),
    ('["...", "a", "..."]', "found ... twice, expected it once"),
    ('{ key = "...", prefix = "x" }', "... stands for what the base takes, as it takes it"),
    ('{ key = "a", split = [","] }', "found split, which is for lists of texts"),
    ('{ key = "a", template = "x" }', 'found "x", expected {} where the value goes'),
    ('{ key = "a", template = "{1}" }', "found {1}, but the pattern has no such group"),
    (
        "{ key = 'a', pattern = '(x)', template = '{y}' }",
        "found {y}, but the pattern has no such group",
    ),
]


@pytest.mark.parametrize(("source", "problem"), SOURCES)
def test_a_source_that_makes_no_sense_is_a_mistake(source: str, problem: str) -> None:
    ((path, found),) = find_mistakes(f"articles.title = {source}")
    assert path.startswith("articles.title")
    assert found == problem


def test_a_pattern_that_is_none_and_a_place_that_is_none_are_mistakes() -> None:
    ((_, pattern),) = find_mistakes('articles.title = { key = "a", pattern = "(" }')
    assert pattern.startswith("found no regular expression: missing )")
    ((_, place),) = find_mistakes('articles.title = "@titel"')
    assert place.startswith("found @titel, expected a key or one of @path, @folder,")


COLUMNS = [
    ('type = "text"', "x", "found no key"),
    ('key = "..."', "x", "found ..., but no base has this column"),
    ('key = "a"\nmin = 1', "x", "min and max are for numbers, and the type is text"),
    ('key = "a"\ntype = "integer"\nmin = inf', "x.min", "expected a finite number"),
    ('key = "a"\ntype = "integer"\nmin = 3\nmax = 2', "x", "found min 3 above max 2"),
    (
        'key = "a"\ntype = "boolean"\none_of = ["a"]',
        "x",
        "pattern and one_of are rules for texts, and the type is boolean; to take a part of a "
        "value, write key = { key = ..., pattern = ... }",
    ),
    (
        'key = "a"\npattern = "(?=a)"',
        "x.pattern",
        "found no regular expression for Polars: look-around, including look-ahead and "
        "look-behind, is not supported",
    ),
    ('key = "!a"', "x.key.0", "found !a, but only a flag has an opposite"),
]


@pytest.mark.parametrize(("text", "path", "problem"), COLUMNS)
def test_a_column_that_makes_no_sense_is_a_mistake(text: str, path: str, problem: str) -> None:
    assert find_mistakes(f"[articles.columns.x]\n{text}") == [(f"articles.columns.{path}", problem)]


@pytest.mark.parametrize("name", ["title", "extra", "published_month", "is_dated_if_news", "Upper"])
def test_a_column_needs_a_name_that_is_free(name: str) -> None:
    ((path, _),) = find_mistakes(f'articles.columns.{name}.key = "a"')
    assert path == f"articles.columns.{name}"


SEVERITIES = [
    ("is_at_mots", "found is_at_mots, which is no rule; is is_at_most meant?"),
    ("titel.is_not_null", "found titel, which is no column; is title meant?"),
    ("articles.width.is_not_negative", "found width, which is no column"),
    ("is_known_key", "expected warning or nothing"),
    (
        "article.title.is_not_null",
        "found article.title.is_not_null, expected TABLE.COLUMN.RULE with one of articles, images, "
        "related_links",
    ),
]


@pytest.mark.parametrize(("rule", "problem"), SEVERITIES)
def test_a_severity_of_nothing_is_a_mistake(rule: str, problem: str) -> None:
    assert find_mistakes(f'[severities]\n"{rule}" = "error"') == [(f"severities.{rule}", problem)]


@pytest.mark.parametrize(
    "rule", ["is_url", "x.is_at_most", "articles.x.is_at_most", "images.width.is_not_negative"]
)
def test_a_severity_may_name_a_rule_a_column_and_a_table(rule: str) -> None:
    column = 'articles.columns.x = { key = "a", type = "integer", max = 1 }'
    check_settings(tomllib.loads(f'{column}\n[severities]\n"{rule}" = "warning"'))


def test_several_mistakes_are_told_at_once() -> None:
    mistakes = find_mistakes('x = 1\nbase = 2\n[articles]\ny = "a"\n[[folders]]\npath = "/"')
    assert {path for path, _ in mistakes} == {"x", "base", "articles.y", "folders.0.path"}


def test_a_long_list_is_no_problem() -> None:
    keys = [f"key{number}" for number in range(20_000)]
    settings = check_settings({"secrets": keys, "articles": {"topics": keys}})
    assert len(settings.secrets) == 20_000
