"""A run as Prefect does it: every step is a task, and the run ends in a state."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

import logging
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

import httpx
from prefect import State, Task, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRun
from prefect.exceptions import PrefectException
from prefect.states import Completed, Failed

from pipelines.errors import LockedError, MatterhouseError, RefusedError
from pipelines.reports.advice import explain
from pipelines.reports.text import render_markdown, summarize_run
from pipelines.runs.job import Job
from pipelines.runs.run import run_job

logger = logging.getLogger(__name__)

RETRIED: Final = frozenset({"ingest", "rebuild", "conclude"})
"""Steps that can be done twice. Publishing is not one of them."""
RETRY_DELAYS: Final = [1.0, 5.0]
NAMED_FAILURES: Final[dict[type[MatterhouseError], str]] = {
    RefusedError: "Refused",
    LockedError: "Locked",
}
"""Failures that are no fault of the run. Their states have these names."""

Report = dict[str, Any]
"""The record of a run, as JSON types."""


def run_as_tasks(name: str, parameters: dict[str, Any]) -> State[Report]:
    """Do the job `name` with every step as a task.

    Returns:
        A completed state with the record of the run. It is called CompletedWithRejects if there are
        errors among the findings. Or a failed state with the error, called Refused or Locked if
        that is the reason.
    """
    try:
        job = Job.read(name, parameters)
        record = run_job(job, engine="prefect", run_step=run_as_task)
    except MatterhouseError as error:
        # Returned, not raised: a traceback of Prefect would hide the one line that matters.
        state = NAMED_FAILURES.get(type(error), "Failed")
        return Failed(name=state, message=explain(error), data=error)
    try:
        create_markdown_artifact(
            key=f"matterhouse-{name.replace('_', '-')}",
            markdown=render_markdown(record),
            description=f"What {name} did",
        )
    except (httpx.HTTPError, PrefectException) as error:
        # What is published stays published, whether Prefect hears of it or not.
        logger.warning("the summary could not be left with Prefect: %s", error)
    state = "CompletedWithRejects" if record.findings["error"] else "Completed"
    return Completed(name=state, message=summarize_run(record), data=asdict(record))


def run_as_task(name: str, step: Callable[..., Any], *arguments: Any) -> Any:
    """The Prefect engine: run the step as a task.

    The task has no parameters and no result, since Prefect would search the frames among them for
    futures.
    """
    results: list[Any] = []

    def attempt() -> State[Any] | None:
        try:
            results[:] = [step(*arguments)]
        except MatterhouseError as error:
            # As in `run_as_tasks`.
            return Failed(message=explain(error), data=error)
        return None

    is_retried = name in RETRIED
    as_task = task(
        name=name,
        task_run_name=name,
        retries=len(RETRY_DELAYS) if is_retried else 0,
        retry_delay_seconds=RETRY_DELAYS if is_retried else 0,
        retry_condition_fn=failed_on_disk,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    state = as_task(attempt)(return_state=True)
    state.result()
    return results[0]


def failed_on_disk(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """A disk may answer next time. Bad data and our own bugs will not go away."""
    return isinstance(state.result(raise_on_failure=False), OSError)
