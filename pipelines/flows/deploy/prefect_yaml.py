"""The deployments of `matterhouse serve` as `prefect deploy` takes them."""

from collections.abc import Iterator
from typing import Any

from pipelines.flows.deploy.quoting import quote_yaml
from pipelines.flows.deployments import list_deployments
from pipelines.runs.serving import UTC_ZONE, Serving


def render_deployments(serving: Serving) -> str:
    """The list of deployments, in YAML."""
    return "\n\n".join("\n".join(_render(each)) for each in list_deployments(serving))


def _render(deployment: Any) -> Iterator[str]:
    yield f"  - name: {quote_yaml(deployment.name)}"
    yield f"    entrypoint: {deployment.entrypoint}"
    yield f"    tags: {quote_yaml(deployment.tags)}"
    yield "    work_pool: *pool"
    limit = deployment.concurrency_limit
    strategy = deployment.concurrency_options.collision_strategy.value
    yield f"    concurrency_limit: {{limit: {limit}, collision_strategy: {strategy}}}"
    if deployment.schedules:
        yield "    schedules:"
    for each in deployment.schedules or ():
        yield from _render_schedule(each)
    yield "    parameters:"
    for key, value in deployment.parameters.items():
        yield f"      {key}: {quote_yaml(value)}"


def _render_schedule(scheduled: Any) -> Iterator[str]:
    schedule = scheduled.schedule
    if hasattr(schedule, "cron"):
        yield f"      - cron: {quote_yaml(schedule.cron)}"
    else:
        yield f"      - interval: {schedule.interval.total_seconds():g}"
        yield f"        anchor_date: {quote_yaml(schedule.anchor_date.isoformat())}"
    yield f"        timezone: {quote_yaml(schedule.timezone or UTC_ZONE)}"
    if scheduled.parameters:
        yield f"        parameters: {quote_yaml(scheduled.parameters)}"
