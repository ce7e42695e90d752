"""Limits for monitors."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.errors import DamagedError, NothingPublishedError, RefusedError
from pipelines.reports.watching import (
    MonitorLimits,
    describe_duration,
    describe_health,
    list_broken,
    read_health,
)
from pipelines.warehouse.hold import hold_warehouse
from pipelines.warehouse.runs import RunRecord, name_run
from tests.conftest import APRIL, Archive, post

HOUR = timedelta(hours=1)


def check(archive: Archive, limits: MonitorLimits, later: timedelta = timedelta()) -> list[str]:
    """The limits that are broken so much later."""
    now = datetime.now(UTC) + later
    return list_broken(read_health(archive.warehouse, now), limits, now)


def record(archive: Archive, ended: datetime, job: str = "build", **facts: object) -> None:
    """Leave the record of a run that ended then."""
    run = RunRecord(name_run(ended, job), job, "local", ended.isoformat(), {})
    run.finished_at = ended.isoformat()
    vars(run).update({"status": "unchanged"} | facts)
    run.write(archive.warehouse.root)


def test_the_age_is_that_of_the_last_build_that_succeeded(built: Archive) -> None:
    assert check(built, MonitorLimits(max_age=HOUR)) == []
    (broken,) = check(built, MonitorLimits(max_age=HOUR), later=2 * HOUR)
    assert broken.startswith("last success 2 h")
    assert broken.endswith("ago (limit 1 h)")


def test_a_build_that_finds_nothing_to_do_is_a_success(built: Archive) -> None:
    record(built, datetime.now(UTC) + 2 * HOUR)
    assert check(built, MonitorLimits(max_age=HOUR), later=2 * HOUR) == []


@pytest.mark.parametrize(
    ("job", "facts"),
    [
        ("build", {"status": "refused"}),
        ("build", {"status": "failed"}),
        ("build", {"status": "dry_run"}),
        ("build", {"options": {"archive": ["blog"]}}),
        ("images", {}),
        ("rollback", {"status": "published"}),
        ("prune", {"status": "pruned"}),
    ],
)
def test_other_runs_do_not_make_the_tables_younger(
    built: Archive, job: str, facts: dict[str, object]
) -> None:
    record(built, datetime.now(UTC) + 2 * HOUR, job, **facts)
    assert check(built, MonitorLimits(max_age=HOUR), later=2 * HOUR)


def test_the_message_says_how_the_last_run_ended(built: Archive) -> None:
    with pytest.raises(RefusedError):
        built.run(strict=True)
    (broken,) = check(built, MonitorLimits(max_age=HOUR), later=2 * HOUR)
    assert "; the last run, build, ended as refused: there are errors" in broken
    now = datetime.now(UTC)
    within = describe_health(read_health(built.warehouse, now), now)
    assert within.endswith("; the last run, build, ended as refused")


def test_a_clock_that_was_set_back_does_not_hide_that_nothing_runs(built: Archive) -> None:
    record(built, datetime.now(UTC) + 24 * HOUR)
    (broken,) = check(built, MonitorLimits(max_age=HOUR), later=2 * HOUR)
    assert broken.startswith("last success 2 h")
    assert "dated in the future" in broken
    record(built, datetime.now(UTC) + 2 * HOUR)
    assert check(built, MonitorLimits(max_age=HOUR), later=2 * HOUR) == []


def test_a_hold_is_told(built: Archive) -> None:
    hold_warehouse(built.warehouse.root, "the feed is wrong")
    now = datetime.now(UTC)
    assert describe_health(read_health(built.warehouse, now), now).endswith(": the feed is wrong")
    (broken,) = check(built, MonitorLimits(max_age=HOUR), later=2 * HOUR)
    assert re.search(r"\(limit 1 h\); held since .*: the feed is wrong$", broken)


def test_a_warehouse_without_records_has_an_unknown_age(built: Archive) -> None:
    for path in (built.warehouse.root / "runs").iterdir():
        path.unlink()
    assert check(built, MonitorLimits(max_age=HOUR)) == ["last success unknown (limit 1 h)"]


def test_rejects_are_errors_and_new_ones_came_with_the_snapshot(built: Archive) -> None:
    errors = built.rows("findings").filter(severity="error").height
    assert check(built, MonitorLimits(max_rejects=errors, max_new_rejects=errors)) == []
    assert check(built, MonitorLimits(max_rejects=errors - 1)) == [
        f"{errors} rejects (limit {errors - 1})"
    ]
    built.write("_news/d.md", post(APRIL | {"title": None}))
    built.run()
    assert check(built, MonitorLimits(max_new_rejects=1)) == []
    assert check(built, MonitorLimits(max_new_rejects=0)) == [
        "1 reject new in snapshot 2 (limit 0)"
    ]
    # They stay new until the next snapshot, not only until the next run.
    built.run()
    assert check(built, MonitorLimits(max_new_rejects=0)) == [
        "1 reject new in snapshot 2 (limit 0)"
    ]


def test_a_missing_or_damaged_warehouse_has_no_health(archive: Archive, varied: Archive) -> None:
    with pytest.raises(NothingPublishedError):
        check(archive, MonitorLimits())
    archive.become(varied)
    next(iter(archive.snapshot.list_files("articles").values())).unlink()
    with pytest.raises(DamagedError):
        check(archive, MonitorLimits())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7_500, "2 h 5 min"), (90_001, "1 d 1 h")],
)
def test_a_duration_is_told_in_its_largest_units(seconds: int, text: str) -> None:
    assert describe_duration(timedelta(seconds=seconds)) == text
