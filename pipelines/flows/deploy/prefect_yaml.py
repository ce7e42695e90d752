"""The deployments of `matterhouse serve` as `prefect deploy` takes them."""

from collections.abc import Iterator
from typing import Any

from pipelines.flows.deploy.quoting import quote_yaml
from pipelines.flows.deploy.site import Site
from pipelines.flows.deployments import list_deployments


def render_deployments(site: Site) -> str:
    """The list of deployments, in YAML."""
    prefix = f"{site.name}-" if site.name else ""
    return "\n\n".join(
        "\n".join(_render(each, prefix, site.time_zone))
        for each in list_deployments(site.job, site.cron)
    )


def _render(deployment: Any, prefix: str, time_zone: str) -> Iterator[str]:
    yield f"  - name: {prefix}{deployment.name}"
    yield f"    entrypoint: {deployment.entrypoint}"
    yield f"    tags: {quote_yaml(deployment.tags)}"
    yield "    work_pool: *pool"
    limit = deployment.concurrency_limit
    strategy = deployment.concurrency_options.collision_strategy.value
    yield f"    concurrency_limit: {{limit: {limit}, collision_strategy: {strategy}}}"
    if deployment.schedules:
        yield "    schedules:"
    for each in deployment.schedules or ():
        yield f"      - cron: {quote_yaml(each.schedule.cron)}"
        yield f"        timezone: {quote_yaml(time_zone or each.schedule.timezone or 'UTC')}"
    yield "    parameters:"
    for key, value in deployment.parameters.items():
        yield f"      {key}: {quote_yaml(value)}"
