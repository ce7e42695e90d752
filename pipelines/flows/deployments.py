"""The deployments: which flows a Prefect server offers, and when they run."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

from typing import Final, cast

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType

from pipelines.flows.flow import FLOWS
from pipelines.runs.job import Job
from pipelines.runs.job_settings import find_job_settings
from pipelines.settings.stored import locate_settings
from pipelines.sources.addresses import open_source

BY_HAND_WAIT_SECONDS: Final = 600.0
"""How long a deployment that is started by hand waits for the scheduled build to end."""
OUR_TAG: Final = "matterhouse"
"""Every deployment of ours has it."""


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
        tags=[OUR_TAG],
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
            tags=[OUR_TAG],
        )
        for name, each in FLOWS.items()
    ]
    # Outside an event loop, to_deployment is not a coroutine, which its type cannot say.
    return cast(list[RunnerDeployment], [scheduled, *by_hand])


def _one_at_a_time(strategy: ConcurrencyLimitStrategy) -> ConcurrencyLimitConfig:
    return ConcurrencyLimitConfig(limit=1, collision_strategy=strategy)
