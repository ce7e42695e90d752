"""The records of runs: how they are listed, and how old ones are removed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.warehouse.retention import Retention
from pipelines.warehouse.runs import (
    RunRecord,
    find_job,
    find_start,
    list_run_ids,
    list_runs,
    name_run,
    prune_runs,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def record_days(root: Path, *days: int) -> list[str]:
    """Leave a record of a build so many days ago, each. Returns their ids."""
    ids = []
    for each in days:
        started = NOW - timedelta(days=each)
        run = RunRecord(name_run(started, "build"), "build", "local", started.isoformat(), {})
        run.write(root)
        ids.append(run.run_id)
    return ids


def test_an_id_says_when_a_run_started_and_which_job_it_did() -> None:
    run_id = name_run(NOW, "related_links")
    assert (find_start(run_id), find_job(run_id)) == (NOW, "related_links")
    assert (find_start("notes"), find_job("notes")) == (None, "")
    assert find_start("20261399T000000000000Z-build-1") is None


def test_runs_are_listed_from_the_newest_on(tmp_path: Path) -> None:
    old, new = record_days(tmp_path, 2, 1)
    assert list_run_ids(tmp_path) == [new, old]
    assert [run.run_id for run in list_runs(tmp_path, at_most=1)] == [new]
    assert list_run_ids(tmp_path / "nowhere") == []


def test_runs_are_kept_that_are_among_the_newest_or_young(tmp_path: Path) -> None:
    ids = record_days(tmp_path, 1, 5, 20, 30)
    assert prune_runs(tmp_path, NOW, Retention(runs=1, run_days=10)) == 2
    assert list_run_ids(tmp_path) == ids[:2]
    assert prune_runs(tmp_path, NOW, Retention(runs=2, run_days=0)) == 0


def test_there_is_a_limit_to_the_number_of_young_runs(tmp_path: Path) -> None:
    ids = record_days(tmp_path, 1, 2, 3)
    assert prune_runs(tmp_path, NOW, Retention(runs=1, run_days=10, most_runs=2)) == 1
    assert list_run_ids(tmp_path) == ids[:2]


def test_the_oldest_go_first_if_only_some_are_removed_at_once(tmp_path: Path) -> None:
    ids = record_days(tmp_path, 1, 20, 30)
    assert prune_runs(tmp_path, NOW, Retention(runs=1, run_days=10), at_most=1) == 1
    assert list_run_ids(tmp_path) == ids[:2]


def test_files_that_are_no_records_are_not_removed(tmp_path: Path) -> None:
    record_days(tmp_path, 1)
    (tmp_path / "runs" / "notes.json").write_text("{}")
    assert prune_runs(tmp_path, NOW, Retention(runs=1, run_days=0)) == 0
    assert (tmp_path / "runs" / "notes.json").exists()
