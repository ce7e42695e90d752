"""The deployments of `matterhouse serve` as `prefect deploy` takes them."""

from collections.abc import Iterator
from typing import Any

from pipelines.flows.deploy.quoting import quote_yaml
from pipelines.flows.deploy.site import Site
from pipelines.flows.deployments import list_deployments
from pipelines.runs.serving import Serving, choose_schedules


def render_deployments(site: Site) -> str:
    """The list of deployments, in YAML."""
    schedules = choose_schedules(None, [site.cron], None, site.time_zone or None)
    serving = Serving(site.job, schedules, site.name or None)
    return "\n\n".join("\n".join(_render(each)) for each in list_deployments(serving))


def _render(deployment: Any) -> Iterator[str]:
    yield f"  - name: {deployment.name}"
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
        yield f"        timezone: {quote_yaml(each.schedule.timezone)}"
    yield "    parameters:"
    for key, value in deployment.parameters.items():
        yield f"      {key}: {quote_yaml(value)}"
