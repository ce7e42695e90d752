"""Runs as they are asked about."""

import json
from datetime import UTC, datetime

import pytest

from pipelines.errors import RefusedError, UsageError
from pipelines.reports.query import query_snapshot
from pipelines.reports.runs import find_run, list_run_records
from pipelines.warehouse.history import select_runs
from pipelines.warehouse.lock import hold_lock
from pipelines.warehouse.runs import RunRecord, name_run
from tests.conftest import MARCH, Archive, post


@pytest.fixture
def ran(built: Archive) -> Archive:
    """An archive whose runs published, found nothing to do, and were refused."""
    built.run()
    built.run("images")
    with pytest.raises(RefusedError):
        built.run(strict=True)
    return built


def test_runs_are_chosen_by_status_job_and_day(ran: Archive) -> None:
    root = ran.warehouse.root
    assert [run.status for run in select_runs(root)] == [
        "refused",
        "unchanged",
        "unchanged",
        "published",
    ]
    assert [run.job for run in select_runs(root, job="images")] == ["images"]
    assert [run.job for run in select_runs(root, status="unchanged")] == ["images", "build"]
    tomorrow = datetime(2999, 1, 1, tzinfo=UTC)
    assert list(select_runs(root, since=tomorrow)) == []


def test_a_run_was_killed_if_it_never_ended_and_nobody_holds_the_lock(archive: Archive) -> None:
    root = archive.warehouse.root
    now = datetime.now(UTC)
    RunRecord(name_run(now, "build"), "build", "local", now.isoformat(), {}).write(root)
    assert [run.status for run in select_runs(root)] == ["killed"]
    assert [run.status for run in select_runs(root, status="killed")] == ["killed"]
    with hold_lock(root, "build"):
        assert [run.status for run in select_runs(root)] == ["running"]


def test_a_run_is_found_by_the_beginning_of_its_id(ran: Archive) -> None:
    newest, *others = select_runs(ran.warehouse.root)
    assert find_run(ran.warehouse.root, newest.run_id) == newest
    assert find_run(ran.warehouse.root, newest.run_id[:-1]) == newest
    with pytest.raises(UsageError, match=f"begins {len(others) + 1} ids"):
        find_run(ran.warehouse.root, "2")
    with pytest.raises(UsageError, match="found no record"):
        find_run(ran.warehouse.root, "nothing")


def test_a_query_knows_the_runs_as_a_view(ran: Archive) -> None:
    sql = (
        "SELECT job, status, changes['new'], files['rejected'], new_findings['error'], "
        "seconds >= steps['conclude'], started_at <= now(), names['new'][1] "
        "FROM runs ORDER BY started_at, run_id"
    )
    answer = query_snapshot(ran.snapshot, sql)
    assert answer.rows[0] == ("build", "published", 7, 2, 4, True, True, ".hidden")
    assert [row[:2] for row in answer.rows[1:]] == [
        ("build", "unchanged"),
        ("images", "unchanged"),
        ("build", "refused"),
    ]
    both = "SELECT count(*) FROM runs AS a JOIN runs AS b USING (run_id)"
    assert query_snapshot(ran.snapshot, both).rows == [(4,)]
    assert ("runs",) in query_snapshot(ran.snapshot, "SHOW TABLES").rows


def test_the_view_is_filled_however_a_query_names_it(built: Archive) -> None:
    for sql in ("SELECT * FROM RUNS", "FROM query('SELECT * FROM ru' || 'ns')"):
        assert len(query_snapshot(built.snapshot, sql).rows) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"seconds": "long"},
        {"changes": [1]},
        {"changes": {"new": "x"}},
        {"snapshot": 2**70},
        {"started_at": 5},
        {"names": {"new": "a"}},
        {"first_findings": [1]},
        {"first_findings": [{"severity": "error"}]},
        {"run_id": "another"},
    ],
)
def test_a_record_that_somebody_spoiled_is_left_out(built: Archive, odd: dict[str, object]) -> None:
    (record,) = (built.warehouse.root / "runs").glob("*.json")
    content = json.loads(record.read_text(encoding="utf-8"))
    record.write_text(json.dumps(content | odd), encoding="utf-8")
    assert list_run_records(built.warehouse.root) == []
    assert list(select_runs(built.warehouse.root)) == []


def test_what_a_run_wrote_has_its_type(built: Archive) -> None:
    answer = query_snapshot(built.snapshot, "SELECT started_at, rows, options FROM runs")
    ((started, rows, options),) = answer.rows
    assert isinstance(started, datetime)
    assert rows["articles"] == built.rows("articles").height
    assert json.loads(options)["is_full"] is False


def test_the_runs_are_those_of_the_warehouse_whatever_the_snapshot(built: Archive) -> None:
    first = built.snapshot
    built.write("_news/d.md", post(MARCH))
    built.run()
    assert query_snapshot(first, "SELECT count(*) FROM runs").rows == [(2,)]
