"""A run as Prefect does it: every step is a task, and the run ends in a state."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from prefect import State, Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import TaskRun
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Failed

from pipelines.errors import MatterhouseError
from pipelines.flows.allowed import check_allowed
from pipelines.flows.endings import find_flow_run_id, is_of_deployment, tell_ending
from pipelines.flows.states import Ending, Report, make_state
from pipelines.reports.catalog.publishing import publish_page
from pipelines.runs.job import Job
from pipelines.runs.run import run_job
from pipelines.warehouse.runs import RunRecord

RETRIED: Final = frozenset({"ingest", "rebuild", "conclude"})
"""Steps that can be done twice. Publishing is not one of them."""
RETRY_DELAYS: Final = [1.0, 5.0]


@dataclass
class Outcome:
    """How a flow ended that this process called; None if it did not begin."""

    ended: RunRecord | MatterhouseError | None = None
    later: ExitStack = field(default_factory=ExitStack)
    """What is undone when Prefect is done with the flow, too."""

    def note(self, ended: RunRecord | MatterhouseError | None) -> None:
        """Note the end. From now on, nobody waits long for a server that does not answer."""
        self.ended = ended
        self.later.enter_context(temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 1}))


_OUTCOME: ContextVar[Outcome | None] = ContextVar("_OUTCOME", default=None)


@contextmanager
def noting_outcome() -> Iterator[Outcome]:
    """Note how a flow ends that is called within this. Prefect passes on no more than a state."""
    outcome = Outcome()
    token = _OUTCOME.set(outcome)
    try:
        with outcome.later:
            yield outcome
    finally:
        _OUTCOME.reset(token)


def run_as_tasks(name: str, parameters: dict[str, Any]) -> State[Report]:
    """Do the job `name` with every step as a task, and tell Prefect how it ended."""
    ending = _run(name, parameters)
    if outcome := _OUTCOME.get():
        outcome.note(ending.error or ending.record)
    tell_ending(ending)
    # Returned, not raised: a traceback of Prefect would hide the one line that matters.
    return make_state(ending)


def _run(name: str, parameters: dict[str, Any]) -> Ending:
    job = None
    try:
        job = Job.read(name, parameters)
        if is_of_deployment():
            check_allowed(job)
        record = run_job(
            job, engine="prefect", run_step=run_as_task, flow_run_id=find_flow_run_id()
        )
        publish_page(job, record)
    except MatterhouseError as error:
        return Ending(name, job, getattr(error, "record", None), error)
    return Ending(name, job, record, None)


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
            # As in `run_as_tasks`. What to do about it, the state of the flow says.
            return Failed(message=str(error), data=error)
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
