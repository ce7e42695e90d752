"""Views over several archives in one warehouse."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import pytest

from pipelines.reports.query import query_snapshot
from pipelines.runs.job import Job
from pipelines.runs.run import run_job
from pipelines.warehouse import Snapshot
from tests.conftest import Archive
from tests.views.conftest import in_order, read_tables, read_view
from tests.views.plain import VIEWS
from tests.views.traps import write_post, write_traps

Ask: TypeAlias = Callable[[str], list[tuple[Any, ...]]]

SETTINGS = "".join(
    f'[archives.{name}]\nraw = "raw/{name}"\nbase = "everyday"\n' for name in ("one", "two")
)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Two archives with the same posts. The second was empty when the first was observed."""
    root = tmp_path_factory.mktemp("both")
    (root / "matterhouse.toml").write_text(SETTINGS, encoding="utf-8")
    archive = Archive(root)
    one, two = (Archive(root / "parts", raw=root / "raw" / name) for name in ("one", "two"))
    write_traps(one)
    _build(archive)
    write_traps(two)
    for number in range(20):
        write_post(one, f"alone-{number}", topics=["Alone"])
    _build(archive)
    write_post(two, "late", publishedDateTime="2024-03-05T10:00:00Z")
    _build(archive)
    return archive.snapshot


@pytest.fixture(scope="module")
def ask_both(both: Snapshot) -> Ask:
    return lambda sql: query_snapshot(both, sql).rows


def _build(archive: Archive) -> None:
    config = str(archive.raw.parent / "matterhouse.toml")
    run_job(replace(archive.job(mapping="auto", config=config), raw=Job.raw))


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_of_two_archives_has_the_rows_that_plain_python_finds(
    name: str, both: Snapshot
) -> None:
    assert in_order(read_view(both, name)) == in_order(VIEWS[name](read_tables(both)))


def test_no_story_is_told_by_two_archives(ask_both: Ask) -> None:
    sql = "SELECT archive, count(*), max(article_count) FROM stories GROUP BY ALL ORDER BY ALL"
    ((one, *of_one), (two, *of_two)) = ask_both(sql)
    assert (one, two) == ("one", "two")
    assert of_one == of_two
    assert of_one[1] == 4  # Articles of the largest.


def test_an_address_of_two_archives_has_one_owner_and_is_ambiguous(ask_both: Ask) -> None:
    assert ask_both("SELECT count(*) FROM link_targets WHERE resolution = 'one'") == [(0,)]
    sql = (
        "SELECT source_path, addresses.article_count FROM addresses JOIN articles "
        "USING (article_id) WHERE contains(source_path, '/target.md')"
    )
    ((owner, article_count),) = ask_both(sql)
    assert owner in ("one/_news/target.md", "two/_news/target.md")
    assert article_count == 2


def test_a_topic_is_site_wide_in_one_archive_and_not_in_the_other(ask_both: Ask) -> None:
    sql = "SELECT DISTINCT archive, topic FROM topics WHERE is_site_wide"
    assert ask_both(sql) == [("two", "Azure")]


def test_what_an_archive_had_from_its_beginning_is_its_backlog(ask_both: Ask) -> None:
    sql = (
        "SELECT archive, count(*) FILTER (NOT is_backlog), "
        "count(*) FILTER (hours_late IS NOT NULL) FROM freshness GROUP BY ALL ORDER BY ALL"
    )
    assert ask_both(sql) == [("one", 20, 20), ("two", 1, 1)]
