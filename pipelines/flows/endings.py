"""The end of a run on Prefect, besides its state: a name, a report and an event."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

import logging
import re
from pathlib import Path
from typing import Final

import httpx
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.exceptions import PrefectException

from pipelines.flows.states import Ending, name_run
from pipelines.reports.run_report import render_report
from pipelines.warehouse.runs import RunRecord

logger = logging.getLogger(__name__)

PUBLISHED_EVENT: Final = "matterhouse.snapshot.published"
_KEY_PARTS: Final = 2
"""How many of the last folders of a warehouse tell it from others in the keys of artifacts."""


def is_of_deployment() -> bool:
    """Whether somebody may have typed the parameters into a form."""
    context = FlowRunContext.get()
    return bool(context and context.flow_run and context.flow_run.deployment_id)


def find_flow_run_id() -> str | None:
    """The id of the flow run that this is; None if Prefect knows none."""
    context = FlowRunContext.get()
    return str(context.flow_run.id) if context and context.flow_run else None


def tell_ending(ending: Ending) -> None:
    """Give the flow run its name, leave the report, and say that a snapshot was published.

    What is published stays published, whether Prefect hears of it or not.
    """
    if ending.record and ending.record.status == "published":
        # In the background, so it waits for nobody.
        _emit_published(ending, ending.record)
    try:
        _rename_run(name_run(ending))
        _leave_report(ending)
    except (httpx.HTTPError, PrefectException) as error:
        logger.warning("the report could not be left with Prefect: %s", error)


def _rename_run(name: str) -> None:
    context = FlowRunContext.get()
    if context and context.flow_run:
        with get_client(sync_client=True) as client:
            client.update_flow_run(context.flow_run.id, name=name)


def _leave_report(ending: Ending) -> None:
    if ending.job is None:
        return
    create_markdown_artifact(
        key=name_report(ending.name, ending.job.warehouse),
        markdown=render_report(ending.job, ending.record, ending.error),
        description=f"What {ending.name} did to {ending.job.warehouse}",
    )


def name_report(job: str, warehouse: Path) -> str:
    """The key of the reports of a job. Those of one warehouse on a server are versions of it."""
    folders = "-".join(warehouse.resolve().parts[-_KEY_PARTS:])
    return "-".join(re.findall("[a-z0-9]+", f"{folders}-{job}".lower()))


def _emit_published(ending: Ending, record: RunRecord) -> None:
    assert ending.job is not None
    warehouse = str(ending.job.warehouse.resolve())
    emit_event(
        PUBLISHED_EVENT,
        resource={
            "prefect.resource.id": f"matterhouse.warehouse.{warehouse}",
            "prefect.resource.name": warehouse,
            "matterhouse.job": record.job,
            "matterhouse.snapshot": str(record.snapshot),
        },
        payload={
            "snapshot": record.snapshot,
            "parent": record.parent,
            "run_id": record.run_id,
            "changes": record.changes,
            "rows": record.rows,
            "files": record.files,
            "findings": record.findings,
            "new_findings": record.new_findings,
        },
    )
