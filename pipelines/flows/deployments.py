"""The deployments: which flows a Prefect server offers, and when they run."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

from inspect import signature
from typing import Any, Final, cast

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType

from pipelines.flows.flow import FLOWS
from pipelines.flows.schedules import make_schedule
from pipelines.runs.job import Job
from pipelines.runs.job_settings import find_job_settings
from pipelines.runs.serving import Schedule, Serving
from pipelines.settings.stored import locate_settings
from pipelines.sources.addresses import open_source

BY_HAND_WAIT_SECONDS: Final = 600.0
"""How long a deployment that is started by hand waits for the scheduled build to end."""
OUR_TAG: Final = "matterhouse"
"""Every deployment of ours has it."""
SCHEDULED: Final = "scheduled"
BY_HAND: Final = "by-hand"


def list_deployments(serving: Serving) -> list[RunnerDeployment]:
    """The deployments: what is scheduled, and every flow by hand. One run of each at a time.

    They have the folders, the globs and the settings of its job.

    A scheduled run is skipped if an earlier one of its deployment still runs, since that one does
    its work. A run by hand waits.
    """
    jobs = dict.fromkeys(each.job for each in serving.schedules)
    return [
        *(_schedule(serving, job) for job in jobs),
        *(
            _deploy(
                serving,
                name,
                BY_HAND,
                _one_at_a_time(ConcurrencyLimitStrategy.ENQUEUE),
                {"wait_seconds": BY_HAND_WAIT_SECONDS},
            )
            for name in FLOWS
        ),
    ]


def list_names(serving: Serving) -> list[str]:
    """The full names of all deployments that a `serve` of this name may have."""
    kinds = (serving.name_deployment(SCHEDULED), serving.name_deployment(BY_HAND))
    return [f"{flow}/{kind}" for flow in FLOWS for kind in kinds]


def _schedule(serving: Serving, job: str) -> RunnerDeployment:
    return _deploy(
        serving,
        job,
        SCHEDULED,
        _one_at_a_time(ConcurrencyLimitStrategy.CANCEL_NEW),
        schedules=[each for each in serving.schedules if each.job == job],
    )


def _deploy(
    serving: Serving,
    name: str,
    kind: str,
    limit: ConcurrencyLimitConfig,
    parameters: dict[str, Any] | None = None,
    schedules: list[Schedule] | None = None,
) -> RunnerDeployment:
    flow = FLOWS[name]
    values = {**_list_places(serving.job, name), **(parameters or {})}
    known = signature(flow.fn).parameters
    deployment = flow.to_deployment(
        serving.name_deployment(kind),
        schedules=[make_schedule(each) for each in schedules or ()],
        parameters={key: value for key, value in values.items() if key in known},
        tags=[OUR_TAG, *serving.tags],
        concurrency_limit=limit,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    # Outside an event loop, to_deployment is not a coroutine, which its type cannot say.
    return cast(RunnerDeployment, deployment)


def _list_places(job: Job, name: str) -> dict[str, Any]:
    """Where the flow of this name works. Its runs start in a folder of their own."""
    settings = find_job_settings(job, None)
    has_archives = settings is not None and bool(settings.archives)
    raw = job.raw if has_archives else open_source(job.raw).address
    places = {"warehouse": name_warehouse(job), "raw": raw}
    if name != "build":
        return places
    path = locate_settings(job.config, job.raw)
    return {
        **places,
        "include": list(job.include) or None,
        "exclude": list(job.exclude) or None,
        "config": str(path.resolve()) if path else None,
    }


def name_warehouse(job: Job) -> str:
    """The warehouse as its deployments name it, wherever their runs start."""
    return str(job.warehouse.resolve())


def _one_at_a_time(strategy: ConcurrencyLimitStrategy) -> ConcurrencyLimitConfig:
    return ConcurrencyLimitConfig(limit=1, collision_strategy=strategy)
