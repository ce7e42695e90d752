"""What an analyst would type first gives the right answer.

The answers are written down from reading `traps.py`, and not from any output.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from tests.views.traps import FILLERS

Ask: TypeAlias = Callable[[str], list[tuple[Any, ...]]]

OWNER = (
    "SELECT source_path FROM addresses JOIN articles USING (article_id) "
    "WHERE addresses.canonical_url ="
)


def test_articles_by_month_count_as_public_unless_the_file_says_otherwise(ask: Ask) -> None:
    sql = (
        "SELECT published_month, count(*), count(*) FILTER (is_public) FROM articles "
        "GROUP BY ALL ORDER BY ALL"
    )
    in_march = 49
    hidden_or_removed = 3 + 4  # Three share an address, four are those of a provider.
    assert ask(sql) == [
        ("2024-01", 1, 1),
        ("2024-03", in_march, in_march - hidden_or_removed),
        ("2024-05", 4, 1),
        ("2999-01", 1, 1),
        (None, 4, 2),
    ]


def test_no_undated_article_is_newer_than_a_month(ask: Ask) -> None:
    assert ask("SELECT count(*) FROM articles WHERE published_month >= '2024-05'") == [(5,)]


def test_a_publisher_with_several_names_and_domains_is_one(ask: Ask) -> None:
    sql = (
        "SELECT provider, article_count, public_count, median_quality, domains FROM providers "
        "WHERE article_count > 1 AND provider IN ('PR Newswire', 'AT&T', 'Morningstar, Inc.') "
        "ORDER BY provider"
    )
    assert ask(sql) == [
        ("AT&T", 2, 1, 55.0, ["att.com"]),
        ("Morningstar, Inc.", 2, 1, 35.0, ["morningstar.com"]),
        ("PR Newswire", 3, 2, 15.0, ["prnewswire.co.uk", "prnewswire.com"]),
    ]


def test_the_articles_of_all_publishers_are_all_articles(ask: Ask) -> None:
    assert ask("SELECT sum(article_count), count(*) - count(provider) FROM providers") == [
        (*ask("SELECT count(*) FROM articles")[0], 1)
    ]


def test_the_site_wide_topic_can_be_left_out(ask: Ask) -> None:
    sql = "SELECT topic, count(*) FROM topics WHERE NOT is_site_wide GROUP BY ALL ORDER BY ALL"
    # Two fillers were written again, with the usual topics.
    assert ask(sql) == [
        ('O\'Brien "x"', 5),
        *(("Topic 0", FILLERS // 3 - 1), ("Topic 1", FILLERS // 3 - 1), ("Topic 2", FILLERS // 3)),
        ("two words", 5),
    ]


def test_topics_that_go_together_are_found_by_joining_the_view_with_itself(ask: Ask) -> None:
    sql = (
        "SELECT a.topic, b.topic, count(*) FROM topics AS a JOIN topics AS b USING (article_id) "
        "WHERE a.topic < b.topic AND NOT a.is_site_wide AND NOT b.is_site_wide GROUP BY ALL"
    )
    assert ask(sql) == [('O\'Brien "x"', "two words", 5)]


def test_the_most_linked_article_counts_every_article_that_links_to_it_once(ask: Ask) -> None:
    sql = (
        "SELECT title_text, links_in, providers_in FROM article_degree "
        "ORDER BY links_in DESC LIMIT 1"
    )
    # Linker, Linker Too and Pictured have a provider, two others none.
    assert ask(sql) == [('It\'s the "target"; DROP TABLE articles --', 5, 3)]


def test_joining_links_to_their_targets_multiplies_none(ask: Ask) -> None:
    count = "SELECT count(*) FROM link_targets"
    joined = "JOIN articles ON articles.article_id = target_article_id"
    (unresolved,) = ask(f"{count} WHERE resolution = 'none'")[0]
    assert ask(f"{count} {joined}") == [(ask("SELECT count(*) FROM related_links")[0][0] - 2,)]
    assert unresolved == 2


def test_every_link_is_resolved_ambiguous_unresolved_or_of_the_article_itself(ask: Ask) -> None:
    sql = (
        "SELECT resolution, count(*), count(*) FILTER (is_repeat) FROM link_targets "
        "GROUP BY ALL ORDER BY ALL"
    )
    clique = 4 * 3 + 1  # The third also names itself, and the first one twice.
    to_target_or_linking = 2 + 1 + 2 + 1 + 1
    assert ask(sql) == [
        ("ambiguous", 2, 0),
        ("none", 2, 1),
        ("one", clique + to_target_or_linking + 1 + 2, 2),
        ("self", 1 + 1 + 1 + 1 + 2, 0),
    ]


def test_the_owner_of_an_address_is_public_even_if_a_hidden_article_is_better(ask: Ask) -> None:
    assert ask(f"{OWNER} 'https://www.example.org/shared'") == [("_news/shared-public.md",)]


def test_of_the_best_articles_with_an_address_the_earliest_owns_it(ask: Ask) -> None:
    ((owner,),) = ask(f"{OWNER} 'https://www.example.org/tied'")
    # The two are alike in all but their ids.
    assert owner in ("_news/tied-early.md", "_news/tied-early-too.md")
    ids = "SELECT source_path FROM articles WHERE contains(source_path, 'tied-early')"
    assert ask(f"{ids} ORDER BY article_id LIMIT 1") == [(owner,)]


def test_a_story_has_its_outlets_its_first_and_its_span(ask: Ask) -> None:
    sql = (
        "SELECT article_count, public_count, outlets, first_provider, first_published_at, "
        "last_published_at, window_count, is_complete FROM stories "
        "ORDER BY article_count DESC LIMIT 1"
    )
    assert ask(sql) == [
        (
            *(4, 1, ["Outlet 0", "Outlet 1", "Outlet 2"], "Outlet 0"),
            *(_moment(2024, 5, 1), _moment(2024, 5, 31, 23, 59, 59), 3, True),
        )
    ]


def test_a_story_is_represented_by_its_public_article(ask: Ask) -> None:
    sql = (
        "SELECT source_path FROM stories JOIN articles ON article_id = public_article_id "
        "WHERE stories.article_count > 1"
    )
    assert ask(sql) == [("_news/clique-b.md",)]


def test_a_story_goes_on_after_72_hours_and_not_after_a_second_more(ask: Ask) -> None:
    sql = (
        "SELECT split_part(story_window_id, '-', 2), list(source_path ORDER BY source_path) "
        "FROM story_articles JOIN articles USING (article_id) "
        "WHERE source_path LIKE '%clique%' GROUP BY ALL ORDER BY ALL"
    )
    assert ask(sql) == [
        ("1", ["_news/clique-a.md", "_news/clique-b.md"]),
        ("2", ["_news/clique-c.md"]),
        ("3", ["_news/clique-d.md"]),
    ]


def test_an_article_that_links_into_a_story_is_not_of_it(ask: Ask) -> None:
    sql = (
        "SELECT count(*) FROM story_articles WHERE story_id IN (SELECT story_id FROM "
        "story_articles JOIN articles USING (article_id) WHERE source_path = '_news/outside.md')"
    )
    assert ask(sql) == [(1,)]


def test_duplicates_are_counted_by_what_they_have_in_common(ask: Ask) -> None:
    sql = (
        "SELECT kind, count(DISTINCT group_id), count(*), count(*) FILTER (is_syndicated) "
        "FROM duplicates GROUP BY ALL ORDER BY ALL"
    )
    # The teaser is in one.com twice. One of the four with the shared address has a provider.
    assert ask(sql) == [
        ("same_address", 2, 4 + 5, 4),
        ("same_teaser", 1, 2, 0),
        ("same_title", 1, 3, 3),
    ]


def test_hosts_that_differ_are_found_without_regular_expressions(ask: Ask) -> None:
    sql = "SELECT original_host, web_host FROM article_hosts WHERE has_other_host"
    assert ask(sql) == [("short.org", "example.org")]


def test_only_images_of_articles_count_as_theirs(ask: Ask) -> None:
    assert ask("SELECT count(DISTINCT article_id) FROM article_images") == [(2,)]
    sql = (
        "SELECT host, article_count, use_count, article_uses, provider_uses, related_uses "
        "FROM image_assets ORDER BY article_count DESC LIMIT 1"
    )
    assert ask(sql) == [("pictures.org", 2, 6, 3, 2, 1)]
    sql = "SELECT aspect_ratio FROM article_images WHERE aspect_ratio IS NOT NULL"
    assert ask(sql) == [(1200 / 630,)]


def test_lateness_is_known_of_what_came_after_the_first_run(ask: Ask) -> None:
    sql = (
        "SELECT source_path, hours_late > 0 FROM freshness JOIN articles USING (article_id) "
        "WHERE NOT is_backlog ORDER BY ALL"
    )
    assert ask(sql) == [
        ("_news/filler-0.md", True),
        ("_news/new-and-dated-ahead.md", False),
        ("_news/new-without-date.md", None),
        ("_news/new.md", True),
    ]


def _moment(*parts: int) -> datetime:
    return datetime(*parts)  # noqa: DTZ001  # Moments of views have no zone: they are in UTC.
