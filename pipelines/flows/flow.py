"""The flows, one for each job. Their parameters are the options of the job."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

import logging
from typing import Any, Final

import httpx
from prefect import Flow, State, flow
from prefect.exceptions import PrefectException

from pipelines.errors import EngineError
from pipelines.flows.parameters import describe_parameters, make_signature
from pipelines.flows.states import Report
from pipelines.flows.tasks import noting_outcome, run_as_tasks
from pipelines.flows.verifying import VERIFY, verify
from pipelines.runs.job import Job
from pipelines.warehouse.runs import RunRecord
from schemas.language.registry import list_derived

logger = logging.getLogger(__name__)


def _make_flow(name: str, description: str) -> Flow[..., Any]:
    """The flow of the job `name`. Its parameters are the options that the job takes."""

    def run(**parameters: Any) -> State[Report]:
        return run_as_tasks(name, parameters)

    run.__name__ = run.__qualname__ = name
    # Where Prefect finds it again: see `pipelines.flows.__getattr__`.
    run.__module__ = "pipelines.flows"
    run.__doc__ = describe_parameters(name)
    signature = make_signature(name)
    run.__annotations__ = {each: said.annotation for each, said in signature.parameters.items()}
    setattr(run, "__signature__", signature)  # noqa: B010  # mypy knows no such attribute.
    return flow(
        name=name,
        description=description,
        flow_run_name=name,
        persist_result=True,
        result_serializer="json",
    )(run)


def _describe_table_flow(table: str) -> str:
    parent, *children = list_derived()
    below = (
        f" Then rebuild what is out of date in {', '.join(children)}." if table == parent else ""
    )
    return f"Rebuild {table}, all or some months.{below}"


FLOWS: Final[dict[str, Flow[..., Any]]] = {
    "build": _make_flow(
        "build", "Ingest the raw files that changed, rebuild what is out of date, publish it all."
    ),
    "ingest": _make_flow(
        "ingest", "Ingest the raw files that changed, and rebuild what this puts out of date."
    ),
    "replay": _make_flow(
        "replay", "Read the raw files again that have errors now, and leave all others as they are."
    ),
    **{table: _make_flow(table, _describe_table_flow(table)) for table in list_derived()},
    VERIFY: verify,
}


def run_flow(job: Job) -> RunRecord:
    """Run the flow of `job`, and return the record of its run.

    Raises:
        MatterhouseError: As `run_job` does, or Prefect refuses the run.
    """
    with noting_outcome() as outcome:
        try:
            FLOWS[job.name](**job.list_parameters(), return_state=True)
        except (httpx.HTTPError, PrefectException) as error:
            if outcome.ended is None:
                raise refused_by_prefect(error) from error
            # What is published stays published, whether Prefect hears of it or not.
            logger.warning("Prefect was not told how the run ended: %s", error)
    if isinstance(outcome.ended, RunRecord):
        return outcome.ended
    raise outcome.ended or EngineError("Prefect did not begin the run")


def refused_by_prefect(error: Exception) -> EngineError:
    """The API answers, but does not accept the request: a password may be wrong."""
    message = str(error).partition("\n")[0]
    return EngineError(f"the Prefect API refuses the request: {message}")
