"""How a run ends for Prefect."""

import logging
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from prefect.exceptions import FailedRun

from pipelines.errors import HeldError, LockedError, MatterhouseError, RawError, RefusedError
from pipelines.flows.states import Ending, make_state, name_run
from pipelines.runs.guards import TooManyRejects
from pipelines.runs.job import Job
from pipelines.warehouse.runs import RunRecord

JOB = Job("build", Path("w"))
RECORD = RunRecord(
    run_id="1",
    job="build",
    engine="prefect",
    started_at="",
    options={},
    status="published",
    snapshot=41,
    changes={"new": 2, "changed": 7, "renamed": 1, "deleted": 1, "newly_ignored": 1},
    files={"loaded": 9, "rejected": 3, "ignored": 0},
    findings={"error": 3, "warning": 0},
    new_findings={"error": 1, "warning": 0},
)
OLD_REJECTS = replace(RECORD, new_findings={"error": 0, "warning": 4})
UNCHANGED = replace(OLD_REJECTS, status="unchanged", changes={"new": 0, "changed": 0})
REFUSAL = RefusedError([TooManyRejects(3, 12, "5.0%", "title is_text", 3)], JOB, is_staged=True)


@pytest.mark.parametrize(
    ("record", "state", "run"),
    [
        (RECORD, "CompletedWithRejects", "build #41 published +3 ~7 -3, 1 new reject"),
        (OLD_REJECTS, "Published", "build #41 published +3 ~7 -3"),
        (UNCHANGED, "Unchanged", "build #41 unchanged"),
        (
            replace(OLD_REJECTS, job="images", changes={}),
            "Published",
            "images #41 published",
        ),
        (
            replace(OLD_REJECTS, status="dry_run", snapshot=None),
            "DryRun",
            "build dry run +3 ~7 -3",
        ),
    ],
)
def test_only_new_rejects_are_news(record: RunRecord, state: str, run: str) -> None:
    ending = Ending(record.job, JOB, record, None)
    assert (make_state(ending).name, name_run(ending)) == (state, run)
    assert make_state(ending).is_completed()


@pytest.mark.parametrize(
    ("error", "state", "message", "run"),
    [
        (
            LockedError("w: held"),
            "CANCELLED Skipped",
            "w: held: wait for",
            "build skipped: w: held",
        ),
        (
            HeldError("w: held by me", Path("w")),
            "CANCELLED Skipped",
            "w: held by me: when that is over",
            "build skipped: w: held by me",
        ),
        (REFUSAL, "FAILED Failed", "Refused: 3 of 12 files are", "build refused +3 ~7 -3, 1 new"),
        (RawError("r: gone"), "FAILED Failed", "r: gone", "build failed: r: gone"),
    ],
)
def test_an_automation_on_failed_hears_of_every_failure_but_of_no_run_that_gave_way(
    error: MatterhouseError, state: str, message: str, run: str
) -> None:
    refused = replace(RECORD, status="refused", snapshot=None)
    record = refused if isinstance(error, RefusedError) else None
    ending = Ending("build", JOB, record, error)
    made = make_state(ending)
    assert f"{made.type.value} {made.name}" == state
    assert str(made.message).startswith(message)
    assert name_run(ending).startswith(run)


def test_a_state_advises_whole_commands_with_whole_paths() -> None:
    state = make_state(Ending("build", JOB, None, REFUSAL))
    assert f"--warehouse {Path.cwd() / 'w'}" in str(state.message)


def test_an_expected_failure_logs_no_traceback_of_prefect() -> None:
    flows, tasks = logging.getLogger("prefect.flow_runs"), logging.getLogger("prefect.task_runs")
    ended, bug = FailedRun("refused"), ZeroDivisionError()

    def logs(logger: logging.Logger, error: Exception | None) -> bool:
        raised = (type(error), error, None) if error else (None, None, None)
        return bool(logger.filter(logger.makeRecord("", 0, "", 0, "", (), raised)))

    assert [logs(flows, ended), logs(flows, bug)] == [False, True]
    assert [logs(tasks, None), logs(tasks, bug)] == [False, True]


@pytest.mark.parametrize("name", ["prefect.flow_runs", "prefect.engine"])
def test_a_server_that_is_gone_takes_a_line_of_the_log_and_a_bug_all_that_it_takes(
    name: str,
) -> None:
    logger = logging.getLogger(name)
    for error, is_shown in ((httpx.ConnectError("refused"), False), (ZeroDivisionError(), True)):
        record = logger.makeRecord("", 0, "", 0, "", (), (type(error), error, None))
        assert logger.filter(record)
        assert bool(record.exc_info) is is_shown
