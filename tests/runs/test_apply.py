"""What was planned is published exactly, or not at all."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from pipelines.errors import (
    DamagedError,
    HeldError,
    LockedError,
    OutdatedPlanError,
    PlanError,
    RefusedError,
    UnacceptedPlanError,
)
from pipelines.mapping.built_in import BUILT_IN
from pipelines.runs.apply import apply_plan
from pipelines.runs.job import Job
from pipelines.runs.maintenance import roll_back
from pipelines.runs.run import run_job
from pipelines.warehouse.damage import list_damages
from pipelines.warehouse.hold import hold_warehouse, release_warehouse
from pipelines.warehouse.lock import hold_lock
from pipelines.warehouse.runs import RunRecord, list_runs
from tests.conftest import APRIL, CHILDREN, MARCH, Archive, post

KILLED_AT = """
import os, signal, sys
from pathlib import Path
from pipelines.mapping.built_in import BUILT_IN
from pipelines.runs.apply import apply_plan
from pipelines.warehouse.warehouse import Warehouse
at = sys.argv[2]
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(Warehouse, at, die)
apply_plan(Path(sys.argv[1]), (), 0)
"""


def apply(archive: Archive, *accepted: str, wait: float = 0) -> RunRecord:
    return apply_plan(archive.warehouse.root, accepted, wait)


def plan(archive: Archive, **options: Any) -> RunRecord:
    return archive.run(dry_run=True, **options)


@pytest.fixture
def planned(built: Archive) -> Archive:
    """A built archive with a plan: one post changed, one renamed, one new."""
    built.write("_news/a.md", post(MARCH | CHILDREN | {"heat": "5"}))
    (built.raw / "_news/b.md").rename(built.raw / "_news/b2.md")
    built.write("_news/new.md", post(APRIL))
    built.age()
    assert plan(built).status == "dry_run"
    return built


def test_a_plan_publishes_what_a_build_would_have(planned: Archive) -> None:
    record = apply(planned)
    assert (record.job, record.status, record.snapshot) == ("apply", "published", 2)
    assert record.changes == {
        "new": 1,
        "changed": 1,
        "renamed": 1,
        "deleted": 0,
        "newly_ignored": 0,
    }
    assert planned.hashes() == planned.hashes_from_nothing()
    assert list_damages(planned.snapshot.folder) == []
    assert planned.snapshot.manifest.created_at == record.started_at
    assert planned.run().status == "unchanged"


def test_a_plan_is_applied_once(planned: Archive) -> None:
    apply(planned)
    with pytest.raises(PlanError, match="nothing is planned"):
        apply(planned)


def test_a_plan_is_applied_from_any_folder(
    planned: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(planned.raw.parent)
    job = planned.job(dry_run=True).list_parameters() | {"raw": "raw", "warehouse": "warehouse"}
    run_job(Job.read("build", job))
    monkeypatch.chdir(tmp_path.parent)
    assert apply(planned).status == "published"


def test_a_first_build_can_be_planned(archive: Archive) -> None:
    archive.write("a.md", post())
    plan(archive, mapping="auto")
    assert archive.warehouse.current() is None
    assert apply(archive).snapshot == 1
    assert archive.run(mapping="auto").status == "unchanged"


def test_a_touched_file_with_the_same_bytes_has_not_moved(planned: Archive) -> None:
    os.utime(planned.raw / "_news/a.md")
    assert apply(planned).status == "published"


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda archive: archive.write("_news/a.md", post()), "1 raw file is changed: _news/a.md"),
        (lambda archive: archive.write("_news/x.md", post()), "1 raw file is new: _news/x.md"),
        (lambda archive: archive.delete("_news/c.md"), "1 raw file is gone: _news/c.md"),
        (
            lambda archive: [archive.write(f"_news/x{n}.md", post()) for n in range(5)],
            "5 raw files are new: _news/x0.md, _news/x1.md, _news/x2.md, ...",
        ),
        (
            lambda archive: (archive.raw.parent / "matterhouse.toml").write_text('base = "web"\n'),
            "the settings changed",
        ),
    ],
)
def test_what_moved_since_the_plan_is_named_and_nothing_is_published(
    built: Archive, edit: Any, expected: str
) -> None:
    built.write("_news/new.md", post(APRIL))
    built.age()
    plan(built, mapping="auto")
    edit(built)
    with pytest.raises(OutdatedPlanError) as caught:
        apply(built)
    assert caught.value.moved == [expected]
    assert built.snapshot.number == 1
    # The plan stays, to be looked at.
    assert built.warehouse.staged()


def test_a_plan_for_another_snapshot_is_not_applied(planned: Archive) -> None:
    apply(planned)
    planned.write("_news/new.md", post(MARCH))
    plan(planned)
    roll_back(planned.warehouse.root, 1, 0)
    with pytest.raises(
        OutdatedPlanError, match="current is snapshot 1, and the plan was made for snapshot 2"
    ):
        apply(planned)


def test_a_plan_of_other_code_is_not_applied(planned: Archive) -> None:
    path = planned.warehouse.root / "staging/plan.json"
    content = json.loads(path.read_text())
    content["code"]["images"] = "of other code"
    path.write_text(json.dumps(content))
    with pytest.raises(OutdatedPlanError, match="the code of images changed"):
        apply(planned)


def test_a_plan_by_another_mapping_is_not_applied(
    planned: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cast(dict[str, Any], BUILT_IN), "everyday", BUILT_IN["web"])
    with pytest.raises(OutdatedPlanError, match="the mapping changed"):
        apply(planned)


def test_a_run_in_between_takes_the_plan_away(planned: Archive) -> None:
    planned.run("images")
    with pytest.raises(PlanError, match="nothing is planned"):
        apply(planned)


def test_a_flow_of_a_table_can_be_planned_and_applied(built: Archive) -> None:
    built.make_stale("images", "2024-03")
    record = built.run("articles", dry_run=True)
    assert record.status == "dry_run"
    # It reads no raw files, so these may change.
    built.write("_news/new.md", post())
    assert apply(built).snapshot == 2
    assert built.statuses().keys().isdisjoint({"_news/new.md"})


def test_a_month_alone_is_tried_and_cannot_be_applied(built: Archive) -> None:
    for month in ("2024-03", "2024-04"):
        built.make_stale("articles", month)
        built.make_stale("images", month)
    record = built.run("articles", dry_run=True, months=("2024-03",))
    assert record.status == "dry_run"
    staged, current = (each.manifest.tables for each in (built.warehouse.staged(), built.snapshot))
    for table in ("articles", "images"):
        assert staged[table]["2024-04"] == current[table]["2024-04"]
        assert staged[table]["2024-03"] != current[table]["2024-03"]
    with pytest.raises(PlanError, match="tried 2024-03 of articles alone"):
        apply(built)
    since = built.run("articles", dry_run=True, since="2024-04")
    assert since.status == "dry_run"
    with pytest.raises(PlanError, match="alone"):
        apply(built)


def test_what_a_guard_refused_is_applied_only_if_it_is_named(built: Archive) -> None:
    built.write("_news/bad.md", post(APRIL | {"heat": "hot"}))
    with pytest.raises(RefusedError):
        built.run(strict=True)
    with pytest.raises(UnacceptedPlanError, match="there are errors") as caught:
        apply(built)
    assert list(caught.value.objections) == ["errors-when-strict"]
    with pytest.raises(PlanError, match="no guard called too-many-rejects objected"):
        apply(built, "too-many-rejects")
    assert built.snapshot.number == 1
    assert apply(built, "errors-when-strict").snapshot == 2


def test_a_held_warehouse_is_planned_but_not_applied(planned: Archive) -> None:
    hold_warehouse(planned.warehouse.root, "migration")
    with pytest.raises(HeldError, match="migration"):
        apply(planned)
    with pytest.raises(HeldError):
        planned.run()
    # The plan outlives both.
    release_warehouse(planned.warehouse.root)
    assert apply(planned).status == "published"


def test_of_two_at_once_one_publishes(planned: Archive) -> None:
    with ThreadPoolExecutor(2) as executor:
        outcomes = [executor.submit(apply, planned, wait=30) for _ in range(2)]
    errors = [each.exception() for each in outcomes]
    assert sorted(type(error).__name__ for error in errors) == ["NoneType", "PlanError"]
    assert planned.warehouse.numbers() == [1, 2]


def test_an_apply_that_meets_another_run_is_skipped(planned: Archive) -> None:
    with hold_lock(planned.warehouse.root, "build"), pytest.raises(LockedError):
        apply(planned)
    assert list_runs(planned.warehouse.root, 1)[0].status == "skipped"
    assert apply(planned).status == "published"


def test_a_changed_byte_of_a_new_file_is_found_before_it_is_published(planned: Archive) -> None:
    path = planned.warehouse.staged().list_files("articles")["2024-03"]
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedError, match="found SHA-256"):
        apply(planned)
    assert planned.snapshot.number == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"job": "build"}'])
def test_a_damaged_plan_is_not_applied(planned: Archive, text: str) -> None:
    (planned.warehouse.root / "staging/plan.json").write_text(text)
    with pytest.raises(PlanError, match="damaged, or written by another version"):
        apply(planned)


def test_a_changed_manifest_is_not_what_was_planned(planned: Archive) -> None:
    path = planned.warehouse.staged().folder / "manifest.json"
    content = json.loads(path.read_text())
    content["tables"]["images"]["2024-03"]["rows"] += 1
    path.write_text(json.dumps(content))
    with pytest.raises(PlanError, match="not what was planned"):
        apply(planned)


@pytest.mark.parametrize("point", ["publish", "point_to", "link_tables", "clear_staging"])
def test_a_killed_apply_leaves_the_old_or_the_new_state(planned: Archive, point: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT, str(planned.warehouse.root), point], check=False
    )
    assert done.returncode == -signal.SIGKILL
    is_flipped = point in ("link_tables", "clear_staging")
    assert planned.snapshot.number == (2 if is_flipped else 1)
    assert list_damages(planned.snapshot.folder) == []
    if point == "publish":
        assert apply(planned).status == "published"
    else:
        with pytest.raises(PlanError, match="nothing is planned"):
            apply(planned)
    planned.run()
    assert planned.hashes() == planned.hashes_from_nothing()
