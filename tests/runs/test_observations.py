"""What each publish saw of the articles is kept, whatever happens to snapshots."""

import json
import random
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.runs import conclude_observations
from pipelines.runs.apply import apply_plan
from pipelines.runs.conclude_observations import replace_observations
from pipelines.runs.maintenance import prune_warehouse, roll_back
from pipelines.warehouse.damage import list_damages
from pipelines.warehouse.draft import Draft
from pipelines.warehouse.retention import Retention
from tests.conftest import MARCH, Archive, Run, post
from tests.histories import KILLED_RUN
from tests.independent import canonical, digest, flag, identity, load_post, whole_number

NAME = "observations"
LATEST = Retention(keep=1, days=0)


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


def test_an_older_warehouse_begins_with_the_present(archive: Archive) -> None:
    write(archive, "a.md", heat="5")
    archive.run()
    forget(archive)
    assert archive.run().status == "published"
    assert list_seen(archive) == [(5,)]
    assert archive.run().status == "unchanged"


def forget(archive: Archive) -> None:
    """Make the snapshot look like one of a version without observations."""
    path = archive.snapshot.folder / "manifest.json"
    content = json.loads(path.read_text())
    del content["tables"][NAME]
    path.write_text(json.dumps(content))
    shutil.rmtree(archive.snapshot.folder / NAME)
    (archive.warehouse.root / NAME).unlink()


def test_a_full_file_is_left_alone(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conclude_observations, "FILE_ROWS", 2)
    monkeypatch.setattr(conclude_observations, "GROUP_ROWS", 1)
    for heat in range(5):
        write(archive, "a.md", heat=str(heat))
        archive.run()
    month = f"all/{datetime.now(UTC):%Y-%m}"
    files = archive.snapshot.list_files(NAME)
    assert list(files) == [f"{month}-{number:04}" for number in (1, 2, 3)]
    first = archive.warehouse.snapshot(2).list_files(NAME)[f"{month}-0001"]
    assert files[f"{month}-0001"].samefile(first)
    assert list_seen(archive) == [(heat,) for heat in range(5)]
    assert len({path.parent for path in files.values()}) == 1


def test_all_observations_can_be_replaced(
    cooling: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = Draft.begin(tmp_path / "draft", tmp_path / "work", cooling.snapshot)
    rows = draft.read(NAME)
    assert rows is not None
    assert replace_observations(draft, rows.reverse()) is draft
    monkeypatch.setattr(conclude_observations, "FILE_ROWS", 2)
    earlier = rows.with_columns(pl.col("observed_at") - pl.duration(days=365))
    replaced = replace_observations(draft, pl.concat([rows, earlier]))
    assert [key[:8] for key in replaced.tables[NAME]].count("all/2025") in (0, 2)
    assert len(replaced.tables[NAME]) == 4
    read = replaced.read(NAME)
    assert read is not None
    assert read.sort(read.columns).equals(pl.concat([earlier, rows]).sort(read.columns))


def test_a_damaged_file_stops_a_build_but_not_a_full_one(
    cooling: Archive, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    (path,) = cooling.snapshot.list_files(NAME).values()
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[50] ^= 1
    path.write_bytes(content)
    write(cooling, "a.md", heat="6")
    outcome = run("build")
    assert (outcome.code, str(path) in outcome.err) == (1, True)
    assert "`matterhouse build --full`" in outcome.err
    assert run("build", "--full").code == 0
    assert f"{path}: found SHA-256" in caplog.text
    assert "it had 3 rows, and the first 2, of " in caplog.text
    assert list_seen(cooling) == [(9,), (8,), (6,)]
    assert run("verify").code == 0


def test_a_damaged_newer_snapshot_does_not_stop_a_build_after_a_rollback(
    cooling: Archive, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = cooling.snapshot.folder / "manifest.json"
    manifest.write_text("x")
    roll_back(cooling.warehouse.root, 1, 0)
    write(cooling, "a.md", heat="6")
    assert run("build").code == 0
    assert str(manifest) in caplog.text
    assert list_seen(cooling) == [(9,), (8,), (6,)]


def test_a_wrong_clock_does_no_lasting_harm(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(archive, "a.md", heat="5")
    with monkeypatch.context() as patch:
        ahead = time.time_ns() + 10**9 * 3_600
        patch.setattr("pipelines.runs.start.time.time_ns", lambda: ahead)
        archive.run()
    for heat in "67":
        write(archive, "a.md", heat=heat)
        archive.run()
        write(archive, "b.md", heat=heat)
        archive.run()
    seen = archive.rows(NAME).filter(article_id=digest("a.md")).sort("observed_at")["heat"]
    assert seen.to_list() == [6, 7, 5]


def test_a_killed_run_leaves_nothing_behind(cooling: Archive) -> None:
    before = list_seen(cooling)
    write(cooling, "a.md", heat="6")
    for event in range(20, 100, 25):
        kill_build(cooling, event)
        if list_seen(cooling) != before:
            break
    cooling.run()
    assert list_seen(cooling) == [*before, (6,)]
    assert list_damages(cooling.snapshot.folder) == []


def kill_build(archive: Archive, event: int) -> None:
    """Kill a build when it touches the warehouse for the n-th time."""
    arguments = ["build", str(archive.warehouse.root), str(archive.raw), str(event)]
    program = [sys.executable, "-c", KILLED_RUN, *arguments]
    subprocess.run(program, capture_output=True, check=False)


def read_article(path: Path) -> dict[str, Any] | None:
    """What a file says, read with PyYAML; None if it is no valid article."""
    front_matter, _ = load_post(path.read_bytes())
    if not front_matter.get("title"):
        return None
    return {
        "article_id": digest(path.name),
        "url_id": identity(canonical(front_matter.get("webUrl"))),
        "heat": whole_number(front_matter.get("heat")),
        "quality": whole_number(front_matter.get("quality")),
        "is_public": flag(front_matter.get("published")) is not False
        and not flag(front_matter.get("removed")),
        "related_count": len(front_matter.get("related") or []),
    }


def edit(archive: Archive, chance: random.Random) -> None:
    """Write, rewrite for another page, hide, show, break or delete one of four files."""
    path = archive.raw / f"{chance.choice('abcd')}.md"
    if path.exists() and chance.random() < 0.2:
        path.unlink()
        return
    pages = [None, "https://example.org/a", "HTTPS://Example.org/a#top", "https://example.org/b"]
    write(
        archive,
        path.name,
        webUrl=chance.choice(pages),
        heat=chance.choice([None, "-1", "5", "5", "6"]),
        quality=chance.choice([None, "80"]),
        published=chance.choice([None, None, "true", "false"]),
        removed=chance.choice([None, None, None, "true"]),
        title=chance.choice(["A title", "Another", "A third", None]),
        related=chance.choice([None, None, "[{webUrl: /r}]"]),
        secured=chance.choice("xyz"),
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_observations_of_a_history_are_those_of_plain_python(
    archive: Archive, seed: int
) -> None:
    chance = random.Random(seed)
    expected: list[tuple[Any, ...]] = []
    last: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for _ in range(12):
        for _ in range(chance.randrange(1, 4)):
            edit(archive, chance)
        write(archive, "stays.md")
        record = archive.run(full=chance.random() < 0.2)
        moment = record.snapshot
        for path in sorted(archive.raw.iterdir()):
            article = read_article(path)
            if article is None:
                continue
            subject, values = tuple(article.values())[:2], tuple(article.values())[2:]
            if last.get(subject) != values:
                last[subject] = values
                expected.append((moment, *subject, *values))
    rows = archive.rows(NAME).drop("source_time")
    found = rows.with_columns(number=pl.col("observed_at").rank("dense")).rows(named=True)
    moments = {each["number"]: each["observed_at"] for each in found}
    assert len(moments) == len({row[0] for row in expected})
    numbers = {old: new for new, old in enumerate(sorted({row[0] for row in expected}), start=1)}
    renumbered = [(numbers[number], *others) for number, *others in expected]
    names = ("number", "article_id", "url_id", "heat", "quality", "is_public", "related_count")
    assert sorted(map(str, renumbered)) == sorted(
        str(tuple(row[name] for name in names)) for row in found
    )


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
