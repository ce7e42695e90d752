"""Alarms: automations of a Prefect server that call somebody when runs of ours go wrong."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

from typing import Any, Final

import httpx
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import PrefectException

from pipelines.flows.deployments import OUR_TAG
from pipelines.flows.flow import refused_by_prefect

BLOCK: Final = "matterhouse-alarm"
FAILED: Final = "matterhouse: a run failed"
LATE: Final = "matterhouse: a run does not start"
SILENT: Final = "matterhouse: a run died without a word"

_RUNS: Final = "prefect.flow-run.*"
"""Every event of every run. An event has the name of a state, not of its type. So `Failed` alone
would miss `TimedOut`, and any failure with a name of its own."""
_OF_OURS: Final = {"prefect.resource.id": f"prefect.tag.{OUR_TAG}"}
"""The tag of our deployments, which their runs bear."""
_EACH_RUN: Final = ["prefect.resource.id"]
"""Without this, one run that goes wrong would hide the next ones for a while."""
_TEXT: Final = (
    '{"text": {{ ("matterhouse: " ~ flow.name ~ "/" ~ deployment.name ~ ": " ~ MESSAGE ~ " " ~'
    ' ((flow_run | ui_url) or "")) | trim | tojson }},'
    ' "deployment": {{ deployment.name | tojson }}, "flow": {{ flow.name | tojson }},'
    ' "flow_run_id": {{ flow_run.id | string | tojson }}, "message": {{ MESSAGE | tojson }}}'
)
"""What is sent: JSON with a sentence for people, and its parts for programs."""
_HEADERS: Final = {"Content-Type": "application/json"}


def set_alarms(url: str, late_seconds: float, silent_seconds: float) -> list[str]:
    """Let the server call `url` about runs that fail, crash, do not start or die without a word.

    Replaces the alarms that are there.

    Returns:
        The names of the automations.

    Raises:
        EngineError: Prefect refuses them.
    """
    try:
        block = str(
            Webhook.model_validate({"url": url, "headers": _HEADERS}).save(BLOCK, overwrite=True)
        )
        wanted = [
            _call_failed(block),
            _call_late(block, late_seconds),
            _end_silent(silent_seconds),
        ]
        with get_client(sync_client=True) as client:
            before = _list_known(client)
            for each in wanted:
                client.create_automation(AutomationCore.model_validate(each))
            # Last, so that there is always an alarm.
            for known in before:
                client.delete_automation(known.id)
    except (httpx.HTTPError, PrefectException) as error:
        raise refused_by_prefect(error) from error
    return [each["name"] for each in wanted]


def remove_alarms() -> list[str]:
    """Remove what `set_alarms` made.

    Returns:
        The names of what was there.

    Raises:
        EngineError: Prefect refuses.
    """
    try:
        with get_client(sync_client=True) as client:
            known = _list_known(client)
            for each in known:
                client.delete_automation(each.id)
    except (httpx.HTTPError, PrefectException) as error:
        raise refused_by_prefect(error) from error
    return [each.name for each in known]


def _list_known(client: SyncPrefectClient) -> list[Any]:
    names = (FAILED, LATE, SILENT)
    return [each for name in names for each in client.read_automations_by_name(name)]


def _call_failed(block: str) -> dict[str, Any]:
    return {
        "name": FAILED,
        "description": "It ended as Failed, TimedOut or Crashed, or by any other name of these.",
        "trigger": {
            "type": "event",
            "posture": "Reactive",
            "expect": [_RUNS],
            "match": {
                "prefect.resource.id": _RUNS,
                "prefect.state-type": ["FAILED", "CRASHED"],
            },
            "match_related": _OF_OURS,
            "for_each": _EACH_RUN,
        },
        "actions": [_call(block, 'event.resource["prefect.state-message"]')],
    }


def _call_late(block: str, seconds: float) -> dict[str, Any]:
    return {
        "name": LATE,
        "description": "It is due, and nobody takes it.",
        "trigger": _miss(["Late"], seconds),
        "actions": [_call(block, '"it is due and does not start, does serve or a worker run?"')],
    }


def _end_silent(seconds: float) -> dict[str, Any]:
    message = "no sign of life: its process or its machine was killed"
    return {
        "name": SILENT,
        "description": "Marks it as Crashed. This sets off the alarm, and lets others start.",
        "trigger": _miss(["Pending", "Running", "heartbeat"], seconds),
        "actions": [{"type": "change-flow-run-state", "state": "CRASHED", "message": message}],
    }


def _miss(events: list[str], seconds: float) -> dict[str, Any]:
    """A trigger for a run in which nothing follows one of these events for so long."""
    return {
        "type": "event",
        "posture": "Proactive",
        "after": [f"prefect.flow-run.{each}" for each in events],
        "expect": [_RUNS],
        "within": seconds,
        "match": {"prefect.resource.id": _RUNS},
        "match_related": _OF_OURS,
        "for_each": _EACH_RUN,
    }


def _call(block: str, message: str) -> dict[str, Any]:
    """Call the webhook about the run. `message` is an expression of Jinja."""
    payload = _TEXT.replace("MESSAGE", message)
    return {"type": "call-webhook", "block_document_id": block, "payload": payload}
