"""What each publish saw of the articles is kept, whatever happens to snapshots."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.runs import conclude_observations
from pipelines.runs.apply import apply_plan
from pipelines.runs.maintenance import prune_warehouse, roll_back
from pipelines.tables.observations import settle_observations
from pipelines.warehouse.damage import list_damages
from pipelines.warehouse.retention import Retention
from tests.conftest import MARCH, Archive, Run, post
from tests.independent import digest, load_post

NAME = "observations"
LATEST = Retention(keep=1, days=0)
APRIL = {"publishedDateTime": "2024-04-05"}


def write(archive: Archive, name: str, **change: str | None) -> None:
    archive.write(name, post({**MARCH, **change}))


def list_seen(archive: Archive, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of all observations, in order of time."""
    rows = archive.rows(NAME).sort("observed_at", "article_id", "url_id")
    return rows.select(columns or ("heat",)).rows()


@pytest.fixture
def cooling(archive: Archive) -> Archive:
    """An article of heat 9, then 8, then 7, in three snapshots."""
    for heat in "987":
        write(archive, "a.md", heat=heat)
        archive.run()
    return archive


def test_the_first_publish_sees_every_article(archive: Archive) -> None:
    before = datetime.now(UTC)
    write(archive, "a.md", heat="5", quality="80", related="[{webUrl: /r}]")
    write(archive, "b.md", published="false", webUrl=None)
    archive.write("c.md", "---\ntitle: no article\n---\n")
    archive.run()
    address = digest("https://example.org/a")
    assert sorted(
        list_seen(archive, "article_id", "url_id", "heat", "quality", "is_public", "related_count")
    ) == sorted(
        [
            (digest("a.md"), address, 5, 80, True, 1),
            (digest("b.md"), None, None, None, False, 0),
        ]
    )
    rows = archive.rows(NAME)
    assert rows["observed_at"].n_unique() == 1
    assert before < rows["observed_at"][0] < datetime.now(UTC)
    assert rows["source_time"].null_count() == rows.height


def test_only_another_value_is_a_new_row(cooling: Archive) -> None:
    assert list_seen(cooling) == [(9,), (8,), (7,)]
    write(cooling, "a.md", heat="7", title="Another title", secured="x")
    assert cooling.run().status == "published"
    assert list_seen(cooling) == [(9,), (8,), (7,)]
    write(cooling, "a.md", heat="7", published="false")
    cooling.run()
    assert list_seen(cooling, "heat", "is_public")[-2:] == [(7, True), (7, False)]


def test_a_run_without_changes_writes_nothing(cooling: Archive) -> None:
    manifest = cooling.snapshot.manifest
    assert cooling.run().status == "unchanged"
    assert cooling.run(full=True).status == "unchanged"
    assert cooling.snapshot.manifest == manifest


def test_a_file_that_is_rewritten_for_another_page_is_followed_at_both(archive: Archive) -> None:
    for page, heat in [("a", "57"), ("b", "17"), ("a", "57"), ("b", "18")]:
        write(archive, "a.md", heat=heat, webUrl=f"https://example.org/{page}")
        archive.run()
    first, second = (digest(f"https://example.org/{page}") for page in "ab")
    assert list_seen(archive, "url_id", "heat") == [(first, 57), (second, 17), (second, 18)]


def test_an_article_that_was_gone_is_new_only_if_it_is_another_then(archive: Archive) -> None:
    write(archive, "stays.md")
    write(archive, "a.md", heat="5")
    archive.run()
    for heat in ("5", "6"):
        archive.delete("a.md")
        archive.run()
        write(archive, "a.md", heat=heat)
        archive.run()
    assert list_seen(archive, "article_id", "heat").count((digest("a.md"), 5)) == 1
    assert list_seen(archive)[-1] == (6,)


def test_the_flow_of_a_table_sees_what_it_publishes(archive: Archive) -> None:
    write(archive, "a.md", heat="5")
    archive.run()
    write(archive, "a.md", heat="6")
    archive.run("ingest")
    assert list_seen(archive) == [(5,), (6,)]
    archive.run("articles")
    archive.run("images")
    assert list_seen(archive) == [(5,), (6,)]


def test_what_was_seen_survives_the_snapshots_that_saw_it(cooling: Archive) -> None:
    assert prune_warehouse(cooling.warehouse.root, LATEST, 0).snapshots == [2, 1]
    assert list_seen(cooling) == [(9,), (8,), (7,)]
    write(cooling, "a.md", heat="6")
    cooling.run(full=True)
    assert list_seen(cooling) == [(9,), (8,), (7,), (6,)]


def test_what_was_seen_survives_a_rollback(cooling: Archive) -> None:
    roll_back(cooling.warehouse.root, 1, 0)
    assert list_seen(cooling) == [(9,)]
    write(cooling, "b.md", heat="1")
    cooling.run()
    assert list_seen(cooling) == [(9,), (8,), (7,), (1,)]
    roll_back(cooling.warehouse.root, 1, 0)
    prune_warehouse(cooling.warehouse.root, LATEST, 0)
    assert cooling.warehouse.numbers() == [1, 4]
    cooling.run("images")
    write(cooling, "b.md", heat="2")
    cooling.run()
    assert list_seen(cooling) == [(9,), (8,), (7,), (1,), (2,)]
    assert list_damages(cooling.snapshot.folder) == []


def test_a_rollback_is_seen_by_the_next_publish(cooling: Archive) -> None:
    """What was shown in between is the past, and the old value is shown again."""
    roll_back(cooling.warehouse.root, 1, 0)
    (cooling.raw / "a.md").write_text(post({**MARCH, "heat": "9"}))
    write(cooling, "b.md", heat="1")
    cooling.run()
    assert list_seen(cooling, "article_id", "heat")[:3] == [
        (digest("a.md"), heat) for heat in (9, 8, 7)
    ]
    assert sorted(list_seen(cooling)[3:]) == [(1,), (9,)]


def test_a_plan_sees_what_it_publishes_later(archive: Archive) -> None:
    write(archive, "a.md", heat="5")
    archive.run()
    write(archive, "a.md", heat="6")
    planned = archive.run(dry_run=True)
    assert planned.rows[NAME] == 2
    assert list_seen(archive) == [(5,)]
    apply_plan(archive.warehouse.root, (), 0)
    assert list_seen(archive) == [(5,), (6,)]


def test_an_older_warehouse_begins_with_the_present(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(archive, "a.md", heat="5")
    archive.run()
    forget(archive)
    assert archive.run().status == "published"
    assert list_seen(archive) == [(5,)]
    assert archive.run().status == "unchanged"


def forget(archive: Archive) -> None:
    """Make the snapshot look like one of a version without observations."""
    import json
    import shutil

    path = archive.snapshot.folder / "manifest.json"
    content = json.loads(path.read_text())
    del content["tables"][NAME]
    path.write_text(json.dumps(content))
    shutil.rmtree(archive.snapshot.folder / NAME)
    (archive.warehouse.root / NAME).unlink()


def test_without_articles_there_is_an_empty_table(archive: Archive) -> None:
    archive.write("a.md", "---\ntitle: no article\n---\n")
    archive.run()
    assert archive.rows(NAME).is_empty()
    write(archive, "b.md", heat="5")
    archive.run()
    assert list_seen(archive) == [(5,)]
    assert list_damages(archive.snapshot.folder) == []
    archive.delete("b.md")
    archive.run()
    assert list_seen(archive) == [(5,)]
