"""A run that could not tell the server how it ended: its record knows."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun

from pipelines.flows.recorded import find_recorded_end
from pipelines.warehouse.runs import RunRecord, name_run

ID = uuid4()


def find(root: Path, **said: Any) -> tuple[str, str, str] | None:
    """The state, its message and the name of the run, if the record says what is `said`."""
    started = datetime(2026, 11, 30, tzinfo=UTC)
    values: dict[str, Any] = {"status": "published", "flow_run_id": str(ID), "snapshot": 7} | said
    name = name_run(started, "build")
    RunRecord(name, "build", "prefect", started.isoformat(), {}, **values).write(root)
    run = FlowRun(id=ID, flow_id=uuid4(), parameters={"warehouse": str(root)})
    found = find_recorded_end(run)
    return found and (found.state.name or "", found.state.message or "", found.name)


def test_a_run_that_published_is_published(tmp_path: Path) -> None:
    assert find(tmp_path) == (
        "Published",
        "snapshot 7 published: 0 files found, ; ",
        "build #7 published",
    )


def test_a_refused_run_failed_and_says_why(tmp_path: Path) -> None:
    assert find(tmp_path, status="refused", snapshot=None, message="too many") == (
        "Failed",
        "Refused: too many",
        "build refused",
    )


@pytest.mark.parametrize(
    "said", [{"status": "running"}, {"status": "failed"}, {"flow_run_id": None}]
)
def test_no_other_record_says_how_a_run_ended(tmp_path: Path, said: dict[str, Any]) -> None:
    assert find(tmp_path, **said) is None


def test_the_record_of_another_run_says_nothing(tmp_path: Path) -> None:
    assert find(tmp_path, flow_run_id=str(uuid4())) is None
