"""What becomes of a view at the very limits, in archives of their own."""

import pytest

from pipelines.reports.query import query_snapshot
from tests.conftest import Archive
from tests.views.traps import write_post


@pytest.mark.parametrize(
    ("article_count", "with_topic", "is_site_wide"),
    [(20, 20, True), (20, 19, True), (20, 18, False), (19, 19, False)],
)
def test_a_topic_is_site_wide_from_95_percent_of_20_articles_on(
    archive: Archive, article_count: int, with_topic: int, is_site_wide: bool
) -> None:
    for number in range(article_count):
        write_post(archive, f"{number}", topics=["Azure"] if number < with_topic else [])
    archive.run()
    answer = query_snapshot(archive.snapshot, "SELECT DISTINCT topic, is_site_wide FROM topics")
    assert answer.rows == [("Azure", is_site_wide)]


def test_an_article_that_came_after_a_deleted_one_is_no_backlog(archive: Archive) -> None:
    write_post(archive, "deleted")
    archive.run()
    archive.delete("_news/deleted.md")
    write_post(archive, "later")
    archive.run()
    answer = query_snapshot(archive.snapshot, "SELECT is_backlog FROM freshness")
    assert answer.rows == [(False,)]
