"""serve: a process that registers the deployments and runs them as they come."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

import asyncio
import logging
import signal
from pathlib import Path

import anyio
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_RUNNER_POLL_FREQUENCY

from pipelines.flows.allowed import allow_folders
from pipelines.flows.deployments import list_deployments, list_names, name_warehouse
from pipelines.flows.flow import refused_by_prefect
from pipelines.flows.registry import Registry
from pipelines.flows.runner import PatientRunner
from pipelines.flows.schedules import check_schedules, describe_schedules
from pipelines.flows.trouble import TROUBLE, Trouble, may_pass
from pipelines.runs.archives import open_archives
from pipelines.runs.job_settings import find_job_settings
from pipelines.runs.serving import Serving
from pipelines.warehouse.holder import find_holder
from pipelines.warehouse.served import hold_name

logger = logging.getLogger(__name__)


def check_serving(serving: Serving) -> None:
    """Refuse what can only be a mistake, before the server is asked.

    Raises:
        RawError: The raw files are not there.
        UsageError: A schedule means nothing.
    """
    open_archives(serving.job, find_job_settings(serving.job, None)).check_readable()
    check_schedules(serving)


def serve_deployments(serving: Serving) -> None:
    """Register the deployments and run them as they come, until interrupted.

    Raises:
        ServedError: Another `serve` of this name is at work on the warehouse.
        ForeignDeploymentsError: A deployment of one of these names is of somebody else.
        EngineError: Prefect refuses the deployments.
    """
    with hold_name(serving.job.warehouse, serving.name):
        allow_folders(serving.job)
        deployments = list_deployments(serving)
        registry = Registry(deployments, name_warehouse(serving.job), list_names(serving))
        runner = PatientRunner(registry, _is_busy, serving.timeout_seconds)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, runner.handle_sigterm)
        asyncio.run(_serve(registry, runner, list(describe_schedules(serving))))


async def _serve(registry: Registry, runner: PatientRunner, schedules: list[str]) -> None:
    await _register(registry)
    for name in registry.ids:
        logger.info("serving %s", name)
    for line in schedules:
        logger.info("%s", line)
    await runner.start()


async def _register(registry: Registry) -> None:
    """Register the deployments. A server in trouble is waited for."""
    trouble = Trouble()
    while True:
        try:
            async with get_client() as client:
                await registry.register(client)
        except TROUBLE as error:
            if not may_pass(error):
                raise refused_by_prefect(error) from error
            trouble.note(error)
            await anyio.sleep(PREFECT_RUNNER_POLL_FREQUENCY.value())
        else:
            trouble.end()
            return


def _is_busy(run: FlowRun) -> bool:
    """Whether a run may still be at work: somebody holds the lock of its warehouse."""
    warehouse = run.parameters.get("warehouse")
    return warehouse is not None and find_holder(Path(str(warehouse))) is not None
