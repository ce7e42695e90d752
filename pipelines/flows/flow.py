"""The flows, one for each job. Their parameters are the options of the job."""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

from inspect import Parameter, Signature
from typing import Any, Final

import httpx
from prefect import Flow, State, flow
from prefect.exceptions import PrefectException

from pipelines.errors import EngineError
from pipelines.flows.tasks import Report, run_as_tasks
from pipelines.runs.job import Job, list_options
from pipelines.warehouse.runs import RunRecord
from schemas.language.registry import list_derived


def _make_flow(name: str, description: str) -> Flow[..., Any]:
    """The flow of the job `name`. Its parameters are the options that the job takes."""

    def run(**parameters: Any) -> State[Report]:
        return run_as_tasks(name, parameters)

    run.__name__ = run.__qualname__ = name
    # Where Prefect finds it again: see `pipelines.flows.__getattr__`.
    run.__module__ = "pipelines.flows"
    options = list_options(name)
    run.__annotations__ = {each.name: each.option.type for each in options}
    signature = Signature(
        [
            Parameter(
                each.name,
                Parameter.POSITIONAL_OR_KEYWORD,
                default=each.default,
                annotation=each.option.type,
            )
            for each in options
        ]
    )
    setattr(run, "__signature__", signature)  # noqa: B010  # mypy knows no such attribute.
    return flow(name=name, description=description, flow_run_name=f"{name} {{warehouse}}")(run)


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
    **{table: _make_flow(table, _describe_table_flow(table)) for table in list_derived()},
}


def run_flow(job: Job) -> RunRecord:
    """Run the flow of `job`, and return the record of its run.

    Raises:
        MatterhouseError: As `run_job` does, or Prefect refuses the run.
    """
    try:
        report = FLOWS[job.name](**job.list_parameters())
    except (httpx.HTTPError, PrefectException) as error:
        raise refused_by_prefect(error) from error
    return RunRecord(**report)


def refused_by_prefect(error: Exception) -> EngineError:
    """The API answers, but does not accept the request: a password may be wrong."""
    message = str(error).partition("\n")[0]
    return EngineError(f"the Prefect API refuses the request: {message}")
