"""The Prefect flows: the same jobs, each step a task. No other module imports Prefect."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from inspect import Parameter, Signature
from typing import Any, Final, cast

# Prefect reads these when it is imported. It must not contact anybody outside, and what is logged
# outside of a flow is not for its server. A fresh home may take longer than the 20 s that a
# temporary server has by default.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "pipelines")
os.environ.setdefault("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")

import httpx
from prefect import Flow, State, Task, flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import (
    ConcurrencyLimitConfig,
    ConcurrencyLimitStrategy,
    TaskRun,
)
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.runner import Runner
from prefect.states import Completed, Failed
from prefect.types.entrypoint import EntrypointType

from pipelines.errors import (
    EngineError,
    ForeignDeploymentsError,
    LockedError,
    MatterhouseError,
    PipelineError,
    RefusedError,
)
from pipelines.reports.advice import explain
from pipelines.reports.text import render_markdown, summarize_findings
from pipelines.runs.archives import open_archives
from pipelines.runs.job import Job, list_options
from pipelines.runs.job_settings import find_job_settings
from pipelines.runs.run import run_job
from pipelines.settings.stored import locate_settings
from pipelines.sources.addresses import open_source
from pipelines.warehouse.runs import RunRecord
from schemas.language.registry import list_derived

logger = logging.getLogger(__name__)
# Prefect takes over the handlers of this logger, but not its level. Without this, the log of a run
# would lack the lines about its tables.
logging.getLogger("pipelines").setLevel(logging.INFO)
# A run that fails as expected says so in one line. Prefect would add a traceback of its own.
logging.getLogger("prefect.flow_runs").addFilter(
    lambda record: not (record.exc_info and isinstance(record.exc_info[1], MatterhouseError))
)

RETRIED: Final = frozenset({"ingest", "rebuild", "conclude"})
"""Steps that can be done twice. Publishing is not one of them."""
RETRY_DELAYS: Final = [1.0, 5.0]
NAMED_FAILURES: Final[dict[type[MatterhouseError], str]] = {
    RefusedError: "Refused",
    LockedError: "Locked",
}
"""Failures that are no fault of the run. Their states have these names."""
BY_HAND_WAIT_SECONDS: Final = 600.0
"""How long a deployment that is started by hand waits for the scheduled build to end."""

Report = dict[str, Any]
"""The record of a run, as JSON types."""


def _make_flow(name: str, description: str) -> Flow[..., Any]:
    """The flow of the job `name`. Its parameters are the options that the job takes."""

    def run(**parameters: Any) -> State[Report]:
        return run_as_tasks(name, parameters)

    run.__name__ = run.__qualname__ = name
    options = list_options(name)
    run.__annotations__ = {each.name: each.option.type for each in options}
    signature = Signature(
        [
            Parameter(
                each.name,
                Parameter.POSITIONAL_OR_KEYWORD,
                default=each.default,
                annotation=each.option.type,
            )
            for each in options
        ]
    )
    setattr(run, "__signature__", signature)  # noqa: B010  # mypy knows no such attribute.
    return flow(name=name, description=description, flow_run_name=f"{name} {{warehouse}}")(run)


def _describe_table_flow(table: str) -> str:
    parent, *children = list_derived()
    below = (
        f" Then rebuild what is out of date in {', '.join(children)}." if table == parent else ""
    )
    return f"Rebuild {table}, all or some months.{below}"


FLOWS: Final[dict[str, Flow[..., Any]]] = {
    "build": _make_flow(
        "build", "Ingest the raw files that changed, rebuild what is out of date, publish it all."
    ),
    "ingest": _make_flow(
        "ingest", "Ingest the raw files that changed, and rebuild what this puts out of date."
    ),
    **{table: _make_flow(table, _describe_table_flow(table)) for table in list_derived()},
}


def __getattr__(name: str) -> Flow[..., Any]:
    """Prefect finds a flow by its name in this module."""
    if name in FLOWS:
        return FLOWS[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def run_flow(job: Job) -> RunRecord:
    """Run the flow of `job`, and return the record of its run.

    Raises:
        MatterhouseError: As `run_job` does, or Prefect refuses the run.
    """
    try:
        report = FLOWS[job.name](**job.list_parameters())
    except (httpx.HTTPError, PrefectException) as error:
        raise _refused_by_prefect(error) from error
    return RunRecord(**report)


def _refused_by_prefect(error: Exception) -> EngineError:
    """The API answers, but does not accept the request: a password may be wrong."""
    message = str(error).partition("\n")[0]
    return EngineError(f"the Prefect API refuses the request: {message}")


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
    return Completed(name=state, message=summarize_findings(record), data=asdict(record))


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


def list_deployments(job: Job, cron: str) -> list[RunnerDeployment]:
    """The deployments: `build` on its schedule, and every flow by hand. One run of each at a time.

    They have the folders, the globs and the settings of `job`.

    A scheduled build is skipped if an earlier one still runs, since that one does its work. It ends
    as Locked if a run by hand is at work. A run by hand waits.
    """
    # The runs start in a folder of their own.
    path = locate_settings(job.config, job.raw)
    settings = find_job_settings(job, None)
    has_archives = settings is not None and bool(settings.archives)
    raw = job.raw if has_archives else open_source(job.raw).address
    places = {"warehouse": str(job.warehouse.resolve()), "raw": raw}
    globs = {
        "include": list(job.include) or None,
        "exclude": list(job.exclude) or None,
        "config": str(path.resolve()) if path else None,
    }
    scheduled = FLOWS["build"].to_deployment(
        "scheduled",
        cron=cron,
        parameters={**places, **globs},
        concurrency_limit=_one_at_a_time(ConcurrencyLimitStrategy.CANCEL_NEW),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    by_hand = [
        each.to_deployment(
            "by-hand",
            parameters={
                **places,
                **(globs if name == "build" else {}),
                "wait_seconds": BY_HAND_WAIT_SECONDS,
            },
            concurrency_limit=_one_at_a_time(ConcurrencyLimitStrategy.ENQUEUE),
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for name, each in FLOWS.items()
    ]
    # Outside an event loop, to_deployment is not a coroutine, which its type cannot say.
    return cast(list[RunnerDeployment], [scheduled, *by_hand])


class CancellingRunner(Runner):
    """A runner that cancels its runs before it ends.

    The runner of `prefect.serve` calls `stop` in its event loop, where that is a coroutine which
    nobody awaits. Its runs are killed, stay Running for good, and block others for minutes.
    """

    def handle_sigterm(self, number: int, _: object = None) -> None:
        """Stop. Stop at once if nothing runs yet, or at the second signal."""
        if not self.started:
            sys.exit(128 + number)
        self.execute_in_background(self.astop)


def serve_deployments(job: Job, cron: str) -> None:
    """Register the deployments and run them as they come, until interrupted.

    Raises:
        RawError: The raw files are not there.
        PipelineError: `cron` is no cron expression.
        ForeignDeploymentsError: The deployments of the server are of another warehouse.
        EngineError: Prefect refuses the deployments.
    """
    open_archives(job, find_job_settings(job, None)).check_readable()
    try:
        CronSchedule(cron=cron)
    except ValueError as error:
        raise PipelineError(
            f"serve: found the cron {cron!r}, expected one like '0 * * * *'"
        ) from error
    try:
        _check_deployments(str(job.warehouse.resolve()))
        runner = CancellingRunner()
        for deployment in list_deployments(job, cron):
            runner.add_deployment(deployment)
            logger.info("serving %s", deployment.full_name)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, runner.handle_sigterm)
        asyncio.run(runner.start())
    except (httpx.HTTPError, PrefectException) as error:
        raise _refused_by_prefect(error) from error


def _check_deployments(warehouse: str) -> None:
    """Registering deployments replaces those of the same names, and their schedule."""
    with get_client(sync_client=True) as client:
        try:
            known = client.read_deployment_by_name("build/scheduled").parameters.get("warehouse")
        except ObjectNotFound:
            return
    if known != warehouse:
        raise ForeignDeploymentsError(
            f"serve: the deployments of this Prefect server are of {known}, not of {warehouse}"
        )


def _one_at_a_time(strategy: ConcurrencyLimitStrategy) -> ConcurrencyLimitConfig:
    return ConcurrencyLimitConfig(limit=1, collision_strategy=strategy)
