"""The Prefect flows: the same jobs, each step a task. Nothing else imports Prefect."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from inspect import signature
from pathlib import Path
from typing import Any, Final, cast

# Prefect reads these when it is imported. Nothing is told to anybody outside, what is logged
# outside of a flow is not for Prefect, and a fresh home may take longer than the 20 s that a
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

from pipelines.errors import EngineError, LockedError, MatterhouseError, RefusedError
from pipelines.reports.text import render_markdown, summarize_findings
from pipelines.runs.job import Job, Limits
from pipelines.runs.run import run_job
from pipelines.sources.folder import check_root
from pipelines.warehouse.runs import RunRecord

logger = logging.getLogger(__name__)
# Prefect takes over the handlers of this logger, but not its level: without this, the log of a run
# would lack the lines of its tables.
logging.getLogger("pipelines").setLevel(logging.INFO)
# A served run that fails as expected has said so in one line; Prefect adds a traceback of itself.
logging.getLogger("prefect.flow_runs").addFilter(
    lambda record: not (record.exc_info and isinstance(record.exc_info[1], MatterhouseError))
)

RETRIED: Final = frozenset({"ingest", "rebuild", "conclude"})
"""Steps that can be done twice; to publish is not one of them."""
RETRY_DELAYS: Final = [1.0, 5.0]
NAMED_FAILURES: Final[dict[type[MatterhouseError], str]] = {
    RefusedError: "Refused",
    LockedError: "Locked",
}
"""Failures that are no fault of the run; their states say so by their name."""
BY_HAND_WAIT_SECONDS: Final = 600.0
"""How long a deployment that is started by hand waits for the scheduled build to end."""

Report = dict[str, Any]
"""The record of a run, as JSON types."""


@flow(name="build", flow_run_name="build {warehouse}")
def build(
    warehouse: str = "warehouse",
    raw: str = "raw",
    include: str | None = None,
    full: bool = False,
    dry_run: bool = False,
    strict: bool = False,
    jobs: int | None = None,
    wait_seconds: float = 0,
    max_reject_share: float = Limits.reject_share,
    max_delete_share: float = Limits.delete_share,
) -> State[Report]:
    """Ingest the raw files that changed, rebuild what is stale, publish one snapshot."""
    limits = Limits(max_reject_share, max_delete_share, strict)
    return run_as_tasks(
        Job(
            "build",
            Path(warehouse),
            Path(raw),
            include=include,
            is_full=full,
            is_dry=dry_run,
            jobs=jobs,
            wait_seconds=wait_seconds,
            limits=limits,
        )
    )


@flow(name="ingest", flow_run_name="ingest {warehouse}")
def ingest(
    warehouse: str = "warehouse",
    raw: str = "raw",
    jobs: int | None = None,
    wait_seconds: float = 0,
    max_reject_share: float = Limits.reject_share,
    max_delete_share: float = Limits.delete_share,
) -> State[Report]:
    """Ingest the raw files that changed, and rebuild what became stale by it."""
    limits = Limits(max_reject_share, max_delete_share)
    return run_as_tasks(
        Job(
            "ingest",
            Path(warehouse),
            Path(raw),
            jobs=jobs,
            wait_seconds=wait_seconds,
            limits=limits,
        )
    )


def _table_flow(table: str, description: str) -> Flow[..., Any]:
    """The flow of a table; Prefect finds it by its name in this module."""

    def rebuild(
        warehouse: str = "warehouse",
        raw: str = "raw",
        months: list[str] | None = None,
        since: str | None = None,
        until: str | None = None,
        jobs: int | None = None,
        wait_seconds: float = 0,
        max_reject_share: float = Limits.reject_share,
    ) -> State[Report]:
        return run_as_tasks(
            Job(
                table,
                Path(warehouse),
                Path(raw),
                months=tuple(months or ()),
                since=since,
                until=until,
                jobs=jobs,
                wait_seconds=wait_seconds,
                limits=Limits(max_reject_share),
            )
        )

    rebuild.__name__ = rebuild.__qualname__ = table
    named = flow(name=table, description=description, flow_run_name=f"{table} {{warehouse}}")
    return named(rebuild)


articles = _table_flow(
    "articles", "Rebuild articles, all or some months, and the children that became stale by it."
)
images = _table_flow("images", "Rebuild images, all or some months.")
related_links = _table_flow("related_links", "Rebuild related_links, all or some months.")

FLOWS: Final[dict[str, Flow[..., Any]]] = {
    "build": build,
    "ingest": ingest,
    "articles": articles,
    "images": images,
    "related_links": related_links,
}


def run_flow(job: Job) -> RunRecord:
    """Run the flow of `job` and give back the record of its run.

    Raises:
        MatterhouseError: As `run_job` does, or Prefect refuses the run.
    """
    try:
        report = FLOWS[job.name](**list_parameters(job))
    except (httpx.HTTPError, PrefectException) as error:
        raise _refused_by_prefect(error) from error
    return RunRecord(**report)


def _refused_by_prefect(error: Exception) -> EngineError:
    """Its API is there, and does not take what is asked of it: a password is wrong, for example."""
    told = str(error).partition("\n")[0]
    return EngineError(
        f"Prefect: {told}: expected an API that takes runs; do without it with `--engine local`"
    )


def run_as_tasks(job: Job) -> State[Report]:
    """Do `job` with every step as a task.

    Returns:
        A completed state, called CompletedWithRejects if there are errors among the findings, with
        the record of the run; a failed one, called Refused or Locked if it is, with the error.
    """
    try:
        record = run_job(job, engine="prefect", call=call_as_task)
    except MatterhouseError as error:
        # Returned, not raised: a traceback of Prefect would hide the one line that matters.
        name = NAMED_FAILURES.get(type(error), "Failed")
        return Failed(name=name, message=str(error), data=error)
    try:
        create_markdown_artifact(
            key=f"matterhouse-{job.name.replace('_', '-')}",
            markdown=render_markdown(record),
            description=f"What {job.name} did",
        )
    except (httpx.HTTPError, PrefectException) as error:
        # What is published is published, whether Prefect hears of it or not.
        logger.warning("the summary could not be left with Prefect: %s", error)
    name = "CompletedWithRejects" if record.findings["error"] else "Completed"
    return Completed(name=name, message=summarize_findings(record), data=asdict(record))


def call_as_task(name: str, step: Callable[..., Any], *arguments: Any) -> Any:
    """The Prefect engine: call the step as a task.

    The task has no parameters, since Prefect would search the frames among them for futures.
    """

    def attempt() -> Any:
        try:
            return step(*arguments)
        except MatterhouseError as error:
            # As in `run_as_tasks`.
            return Failed(message=str(error), data=error)

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
    return state.result()


def failed_on_disk(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """A disk may answer next time; bad data and our own bugs will not go away."""
    return isinstance(state.result(raise_on_failure=False), OSError)


def list_deployments(
    warehouse: Path, raw: Path, include: str | None, cron: str
) -> list[RunnerDeployment]:
    """The deployments: `build` on its schedule, every flow by hand; one run of each at a time.

    A scheduled build that finds another scheduled one running is left out: that one does its
    work. One that finds a run by hand ends as Locked. A run by hand waits.
    """
    # The runs start in a folder of their own.
    folders = {"warehouse": str(warehouse.resolve()), "raw": str(raw.resolve())}
    scheduled = build.to_deployment(
        "scheduled",
        cron=cron,
        parameters={**folders, "include": include},
        concurrency_limit=_one_at_a_time(ConcurrencyLimitStrategy.CANCEL_NEW),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    by_hand = [
        each.to_deployment(
            "by-hand",
            parameters={
                **folders,
                **({"include": include} if each is build else {}),
                "wait_seconds": BY_HAND_WAIT_SECONDS,
            },
            concurrency_limit=_one_at_a_time(ConcurrencyLimitStrategy.ENQUEUE),
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for each in FLOWS.values()
    ]
    # Called outside an event loop, to_deployment is not a coroutine: its type cannot say so.
    return cast(list[RunnerDeployment], [scheduled, *by_hand])


class _Runner(Runner):
    """A runner that cancels its runs before it ends.

    That of `prefect.serve` calls `stop` within its event loop, where it is a coroutine that nobody
    awaits: the runs are killed, stay Running for good, and keep others out for minutes.
    """

    def handle_sigterm(self, number: int, _: object = None) -> None:
        """Stop; at once before anything runs, or if asked again, as where the server is gone."""
        if not self.started:
            sys.exit(128 + number)
        self.execute_in_background(self.astop)


def serve_deployments(warehouse: Path, raw: Path, include: str | None, cron: str) -> None:
    """Register the deployments and run them as they come, until interrupted.

    Raises:
        RawError: There is no raw folder.
        EngineError: `cron` is no cron expression, or the deployments of this name are of another
            warehouse.
    """
    check_root(raw)
    try:
        CronSchedule(cron=cron)
    except ValueError as error:
        raise EngineError(
            f"serve: found the cron {cron!r}, expected one like '0 * * * *'"
        ) from error
    try:
        _check_is_ours(str(warehouse.resolve()))
        runner = _Runner()
        for deployment in list_deployments(warehouse, raw, include, cron):
            runner.add_deployment(deployment)
            logger.info("serving %s", deployment.full_name)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, runner.handle_sigterm)
        asyncio.run(runner.start())
    except (httpx.HTTPError, PrefectException) as error:
        raise _refused_by_prefect(error) from error


def _check_is_ours(warehouse: str) -> None:
    """To register deployments replaces those of their names, and their schedule."""
    with get_client(sync_client=True) as client:
        try:
            known = client.read_deployment_by_name("build/scheduled").parameters.get("warehouse")
        except ObjectNotFound:
            return
    if known != warehouse:
        raise EngineError(
            f"serve: the deployments of this Prefect server are of {known}, expected {warehouse}: "
            "start a server for each warehouse, or delete them first with "
            "`prefect deployment delete build/scheduled`"
        )


def _one_at_a_time(strategy: ConcurrencyLimitStrategy) -> ConcurrencyLimitConfig:
    return ConcurrencyLimitConfig(limit=1, collision_strategy=strategy)


def list_parameters(job: Job) -> dict[str, Any]:
    """`job` as the parameters of its flow."""
    values = {
        "warehouse": str(job.warehouse),
        "raw": str(job.raw),
        "include": job.include,
        "months": list(job.months) or None,
        "since": job.since,
        "until": job.until,
        "full": job.is_full,
        "dry_run": job.is_dry,
        "strict": job.limits.is_strict,
        "jobs": job.jobs,
        "wait_seconds": job.wait_seconds,
        "max_reject_share": job.limits.reject_share,
        "max_delete_share": job.limits.delete_share,
    }
    return {name: values[name] for name in signature(FLOWS[job.name].fn).parameters}
