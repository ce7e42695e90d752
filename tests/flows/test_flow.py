"""The flows, without a server."""

import logging
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import PipelineError
from pipelines.runs.job import Job
from schemas.language.registry import list_derived


def test_only_errors_of_the_disk_are_retried() -> None:
    # Imported here, since Prefect takes seconds and collecting tests should not.
    from prefect.states import Failed

    from pipelines.flows.tasks import RETRIED, failed_on_disk
    from pipelines.runs import steps

    assert all(hasattr(steps, name) for name in RETRIED)
    errors = [OSError("disk full"), PipelineError("bad data"), KeyError("our bug")]
    is_retried: Any = failed_on_disk
    assert [is_retried(None, None, Failed(data=error)) for error in errors] == [True, False, False]


MONTHS: dict[str, Any] = {
    "months": ("2024-03",),
    "since": "2024-01",
    "until": "2024-05",
    "jobs": 3,
}
JOBS: dict[str, dict[str, Any]] = {
    "build": {
        "include": ("*.md", "docs/"),
        "exclude": ("drafts",),
        "full": True,
        "dry_run": True,
        "strict": True,
        "jobs": 3,
        "max_reject_share": 0.5,
        "max_new_reject_share": 0.7,
        "max_delete_share": 0.6,
        "max_deletes": 7,
        "allow_deletes": True,
        "settle": 60,
        "keep": 5,
        "days": 0.5,
    },
    "ingest": {"jobs": 3, "max_reject_share": 0.5, "max_delete_share": 0.6, "settle": 5},
    "replay": {"rule": "is_url", "path": "_news/**", "table": "images", "field_path": "url"},
    **{table: {**MONTHS, "max_reject_share": 0.5} for table in list_derived()},
}


@pytest.mark.parametrize("name", JOBS)
def test_a_flow_does_what_the_job_asks(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from pipelines.flows import flow

    monkeypatch.setattr(flow, "run_as_tasks", Job.read)
    job = Job(name, Path("w"), "r", wait_seconds=5, **JOBS[name])
    assert flow.FLOWS[name].fn(**job.list_parameters()) == job


def test_a_run_that_ended_as_its_state_says_logs_no_traceback_of_prefect() -> None:
    from prefect.exceptions import FailedRun

    from pipelines.flows import environment  # noqa: F401  # It looks through what is logged.

    logger = logging.getLogger("prefect.flow_runs")
    told = {
        type(error): bool(
            logger.filter(logger.makeRecord("", 0, "", 0, "", (), (type(error), error, None)))
        )
        for error in (FailedRun("held"), ZeroDivisionError())
    }
    assert told == {FailedRun: False, ZeroDivisionError: True}
