"""serve: a process that registers the deployments and runs them as they come."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

import asyncio
import logging
import signal
import sys

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.runner import Runner

from pipelines.errors import ForeignDeploymentsError, PipelineError
from pipelines.flows.allowed import allow_folders
from pipelines.flows.deployments import list_deployments
from pipelines.flows.flow import refused_by_prefect
from pipelines.runs.archives import open_archives
from pipelines.runs.job import Job
from pipelines.runs.job_settings import find_job_settings

logger = logging.getLogger(__name__)


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
        allow_folders(job)
        runner = CancellingRunner()
        for deployment in list_deployments(job, cron):
            runner.add_deployment(deployment)
            logger.info("serving %s", deployment.full_name)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, runner.handle_sigterm)
        asyncio.run(runner.start())
    except (httpx.HTTPError, PrefectException) as error:
        raise refused_by_prefect(error) from error


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
