"""Every view gives the rows that plain Python finds."""

from pathlib import Path

import pytest

from pipelines.warehouse import Snapshot
from schemas.language.registry import load_tables
from schemas.language.views import load_views
from tests.conftest import Archive
from tests.test_corpus import CORPUS, extract
from tests.views.conftest import in_order, read_tables, read_view
from tests.views.plain import VIEWS, Tables
from tests.views.traps import write_later, write_more_traps, write_traps

OF_THE_WAREHOUSE = {"findings", "runs", "snapshots"}
"""These are about runs, not articles. tests/database has their tests."""


def test_every_view_is_computed_a_second_time() -> None:
    assert set(load_views()) == set(VIEWS) | OF_THE_WAREHOUSE


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A snapshot of all traps, after a second run."""
    archive = Archive(tmp_path_factory.mktemp("everything"))
    write_traps(archive)
    write_more_traps(archive)
    archive.run()
    write_later(archive)
    archive.run()
    return archive.snapshot


@pytest.fixture(scope="module")
def tables(everything: Snapshot) -> Tables:
    return read_tables(everything)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_has_the_rows_that_plain_python_finds(
    name: str, everything: Snapshot, tables: Tables
) -> None:
    expected = in_order(VIEWS[name](tables))
    assert expected
    assert in_order(read_view(everything, name)) == expected


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_of_an_empty_warehouse_has_no_rows(name: str, empty: Snapshot) -> None:
    assert read_view(empty, name) == []


@pytest.mark.parametrize("name", VIEWS)
def test_the_key_of_a_view_is_unique(name: str, everything: Snapshot) -> None:
    key = KEYS[name]
    rows = [tuple(row[column] for column in key) for row in read_view(everything, name)]
    assert len(set(rows)) == len(rows)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    archive = Archive(tmp_path_factory.mktemp("empty"))
    archive.run()
    return archive.snapshot


KEYS = {
    "addresses": ("url_id",),
    "article_degree": ("article_id",),
    "article_hosts": ("article_id",),
    "article_images": ("article_id", "position"),
    "article_providers": ("article_id",),
    "duplicates": ("kind", "article_id"),
    "freshness": ("article_id",),
    "image_assets": ("image_url",),
    "link_edges": ("article_id", "target_article_id"),
    "link_targets": ("article_id", "position"),
    "observations": load_tables()["observations"].key,
    "providers": ("provider",),
    "stories": ("story_id",),
    "story_articles": ("article_id",),
    "topics": ("article_id", "topic"),
}


@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.exists(), reason="the real archive is not here")
def test_every_view_of_the_real_archive_has_the_rows_that_plain_python_finds(
    tmp_path: Path,
) -> None:
    archive = Archive(tmp_path)
    extract(archive.raw)
    archive.run()
    tables = read_tables(archive.snapshot)
    for name, compute in VIEWS.items():
        assert in_order(read_view(archive.snapshot, name)) == in_order(compute(tables)), name
