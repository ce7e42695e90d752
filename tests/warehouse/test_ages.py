"""The age of a snapshot counts from when it was replaced, even if the clock was wrong."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.warehouse.ages import correct_times
from pipelines.warehouse.runs import RunRecord, list_runs
from tests.conftest import Archive, post

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def days(*ago: int) -> list[datetime]:
    return [NOW - timedelta(days=each) for each in ago]


@pytest.mark.parametrize(
    ("replaced", "corrected"),
    [
        (days(3, 2, 1), days(3, 2, 1)),
        # The clock was a year behind when the second and third were replaced.
        (days(3, 367, 366, 1), days(3, 3, 3, 1)),
        # It was a year ahead when the second was replaced.
        (days(3, -363, 1), days(3, 1, 1)),
        (days(-363), days(0)),
        ([], []),
    ],
)
def test_times_of_a_wrong_clock_are_corrected_by_those_beside_them(
    replaced: list[datetime], corrected: list[datetime]
) -> None:
    assert correct_times(replaced, NOW) == corrected


def test_a_snapshot_that_was_replaced_just_now_by_a_clock_that_is_behind_is_kept(
    archive: Archive,
) -> None:
    for heat in range(3):
        archive.write("a.md", post({"heat": str(heat)}))
        archive.run()
    early = (datetime.now(UTC) - timedelta(days=365)).timestamp()
    os.utime(archive.warehouse.snapshot(2).folder / "manifest.json", (early, early))
    assert archive.warehouse.prune(datetime.now(UTC), keep=1) == []


def test_a_run_of_the_future_does_not_come_first(archive: Archive) -> None:
    archive.warehouse.root.mkdir()
    for run_id in ("20240101T000000000000Z-build-1", "29990101T000000000000Z-build-2"):
        RunRecord(run_id, "build", "local", "", {}).write(archive.warehouse.root)
    assert [run.run_id[:4] for run in list_runs(archive.warehouse.root, 2)] == ["2024", "2999"]


def test_a_snapshot_of_the_future_is_reported_and_loses_no_change(
    archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    archive.write("a.md", post())
    archive.run()
    assert "in the future" not in caplog.text
    manifest = archive.snapshot.folder / "manifest.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**content, "created_at": "2999-01-01T00:00:00+00:00"}))
    archive.write("a.md", post({"heat": "7"}))
    assert archive.run().status == "published"
    assert "snapshot 1 was published in the future, at 2999-" in caplog.text
