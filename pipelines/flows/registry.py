"""The registry: our deployments on the Prefect server, and whose the others are."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

import logging
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound

from pipelines.errors import ForeignDeploymentsError
from pipelines.flows.deployments import OUR_TAG

logger = logging.getLogger(__name__)

STOPPED_TAG: Final = "serve-stopped"
"""On deployments that `serve` paused when it ended. It resumes these, and none that people paused.
"""
_OUR_CODE: Final = "pipelines.flows."


class Registry:
    """The deployments that one `serve` offers, on the server.

    `names` are all full names that it may use: those that it no longer offers are paused.
    """

    def __init__(
        self, deployments: Iterable[RunnerDeployment], warehouse: str, names: Iterable[str]
    ) -> None:
        self._deployments = {each.full_name: each for each in deployments}
        self._warehouse = warehouse
        self._names = list(names)
        self.ids: dict[str, UUID] = {}

    async def register(self, client: PrefectClient) -> None:
        """Register all deployments. What people paused stays paused.

        Raises:
            ForeignDeploymentsError: One of these names is taken.
        """
        known = {name: await _find(client, name) for name in self._names}
        for name, existing in known.items():
            if existing and name in self._deployments:
                self._check_ours(name, existing)
        for name, deployment in self._deployments.items():
            self.ids[name] = await _register(deployment, known.get(name))
        for name, existing in known.items():
            if existing and name not in self._deployments and self._find_other(existing) is None:
                await _stop(client, existing.id)
                logger.info("%s is offered no longer: it is paused", name)

    def _check_ours(self, name: str, existing: DeploymentResponse) -> None:
        if other := self._find_other(existing):
            raise ForeignDeploymentsError(
                f"serve: {name} of this Prefect server is {other}, not of {self._warehouse}"
            )

    def _find_other(self, existing: DeploymentResponse) -> str | None:
        """Whose deployment this is; None if it is ours."""
        if not (existing.entrypoint or "").startswith(_OUR_CODE):
            return f"of other people: it runs {existing.entrypoint}"
        if existing.work_pool_name:
            return f"of the work pool {existing.work_pool_name}"
        warehouse = existing.parameters.get("warehouse")
        return None if warehouse == self._warehouse else f"of the warehouse {warehouse}"

    async def restore(self, client: PrefectClient) -> bool:
        """Register what is gone from the server again. Returns whether anything was."""
        found = await client.read_deployments(
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=list(self.ids.values())))
        )
        there = {each.id for each in found}
        gone = [name for name, id_ in self.ids.items() if id_ not in there]
        for name in gone:
            self.ids[name] = await _register(self._deployments[name], await _find(client, name))
            logger.warning("%s was gone from the Prefect server: it is there again", name)
        return bool(gone)

    async def stop(self, client: PrefectClient) -> None:
        """Pause what this `serve` offered."""
        for id_ in self.ids.values():
            await _stop(client, id_)


async def _find(client: PrefectClient, name: str) -> DeploymentResponse | None:
    try:
        return await client.read_deployment_by_name(name)
    except ObjectNotFound:
        return None


async def _register(deployment: RunnerDeployment, existing: DeploymentResponse | None) -> UUID:
    """Register a deployment. Earlier versions had no tag, and paused all that they offered."""
    if existing and OUR_TAG in existing.tags:
        deployment.paused = existing.paused and STOPPED_TAG not in existing.tags
        deployment.schedules = _keep_paused(deployment.schedules or [], existing)
        if deployment.paused:
            logger.warning("%s stays paused: somebody paused it", deployment.full_name)
    else:
        deployment.paused = False
    return await deployment.aapply()


def _keep_paused(schedules: list[Any], existing: DeploymentResponse) -> list[Any]:
    """The same schedules. One that people paused stays paused."""
    paused = [_key(each) for each in existing.schedules if not each.active]
    return [each.model_copy(update={"active": _key(each) not in paused}) for each in schedules]


def _key(schedule: Any) -> tuple[Any, ...]:
    timing = schedule.schedule.model_dump(mode="json", exclude={"anchor_date"})
    return timing, schedule.parameters


async def _stop(client: PrefectClient, id_: UUID) -> None:
    """Pause a deployment, and note that we did. What is paused already is not ours to resume."""
    try:
        deployment = await client.read_deployment(id_)
    except ObjectNotFound:
        return
    if not deployment.paused:
        tags = [*deployment.tags, STOPPED_TAG]
        await client.update_deployment(id_, DeploymentUpdate(paused=True, tags=tags))
