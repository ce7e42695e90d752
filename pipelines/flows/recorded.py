"""How a run ended that could not tell the server: its record in the warehouse knows."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

from pathlib import Path
from typing import Any, Final, NamedTuple

from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Failed

from pipelines.flows.states import COMPLETED_NAMES, Ending, make_state, name_run
from pipelines.reports.text import escape_text
from pipelines.warehouse.runs import RunRecord, list_runs

LOOKED_AT: Final = 50
"""How many of the newest records are looked at."""


class RecordedEnd(NamedTuple):
    """The state that a run would have ended in, without its result, and its name."""

    state: State[Any]
    name: str


def find_recorded_end(run: FlowRun) -> RecordedEnd | None:
    """How `run` ended, as its record says; None if it was killed before it was done."""
    record = _find_record(run)
    if record is None or record.status not in (*COMPLETED_NAMES, "refused"):
        return None
    ending = Ending(record.job, None, record, None)
    if record.status == "refused":
        return RecordedEnd(
            Failed(message=f"Refused: {escape_text(record.message)}"), name_run(ending)
        )
    # Only the process that ran it could keep the result.
    return RecordedEnd(make_state(ending).model_copy(update={"data": None}), name_run(ending))


def _find_record(run: FlowRun) -> RunRecord | None:
    warehouse = run.parameters.get("warehouse")
    if warehouse is None:
        return None
    records = list_runs(Path(str(warehouse)), LOOKED_AT)
    return next((each for each in records if each.flow_run_id == str(run.id)), None)
