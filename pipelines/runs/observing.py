"""Observing a run: log lines that name it, figures for Prometheus, and spans, if asked for.

Nothing here changes the outcome of a run. What is not asked for is not loaded.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipelines.errors import LockedError, PipelineError
from pipelines.processes.json_lines import FACTS, naming_run
from pipelines.runs.job import Job
from pipelines.runs.operating import find_metrics_file
from pipelines.runs.progress import OnProgress
from pipelines.warehouse.runs import RunRecord

if TYPE_CHECKING:
    from pipelines.runs.tracing import Trace

logger = logging.getLogger(__name__)

_TRACED: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
)
_SHOWN: Final = ("run_id", "status", "snapshot", "files", "changes", "findings", "new_findings")
"""What a span and the last line of the log show of a run."""


class Observation:
    """A run while it is observed. `record` is its record as soon as it holds the lock."""

    def __init__(self, job: Job, trace: "Trace | None") -> None:
        self.job = job
        self.trace = trace
        self.record: RunRecord | None = None

    @contextmanager
    def begin(self, record: RunRecord) -> Iterator[None]:
        """Name the run in what is logged from now on."""
        self.record = record
        with _naming(self.job, record):
            logger.info("the run began")
            yield

    def time_step(self, name: str, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call a step within a span of its own."""
        if self.trace is None:
            return call(*arguments)
        with self.trace.step(name):
            return call(*arguments)

    def follow(self, on_progress: OnProgress) -> OnProgress:
        """`on_progress`, and a span for each part of the step."""
        trace = self.trace
        if trace is None:
            return on_progress

        def tell(step: str, done: int, total: int) -> None:
            on_progress(step, done, total)
            trace.progress(done, total)

        return tell


@contextmanager
def observing(job: Job) -> Iterator[Observation]:
    """Observe a run from before it takes the lock until its record is written.

    Raises:
        UsageError: The figures are to go into a file that nobody would read.
    """
    metrics_file = find_metrics_file(job)
    observation = Observation(job, _start_trace(job, os.environ))
    failure: BaseException | None = None
    try:
        yield observation
    except BaseException as error:
        failure = error
        raise
    finally:
        record = observation.record or getattr(failure, "record", None)
        record = record or _describe_failure(job, failure)
        _log_end(job, record)
        if observation.trace:
            observation.trace.end({name: getattr(record, name) for name in _SHOWN}, failure)
        # The run that holds the lock writes them when it ends.
        if metrics_file and not isinstance(failure, LockedError):
            _write_metrics(metrics_file, job, record)


def _naming(job: Job, record: RunRecord) -> AbstractContextManager[None]:
    root = str(job.warehouse.absolute())
    return naming_run(run_id=record.run_id, job=record.job, warehouse=root)


def _log_end(job: Job, record: RunRecord) -> None:
    facts = {name: getattr(record, name) for name in (*_SHOWN, "seconds", "steps")}
    with _naming(job, record):
        logger.info(
            "the run ended: %s, %.1f s", record.status, record.seconds or 0, extra={FACTS: facts}
        )


def _describe_failure(job: Job, error: BaseException | None) -> RunRecord:
    """What stands for the record of a run that never began."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    message = str(error) if isinstance(error, PipelineError) else repr(error)
    return RunRecord(
        "", job.name, "", now, {}, status="failed", finished_at=now, seconds=0, message=message
    )


def _write_metrics(path: Path, job: Job, record: RunRecord) -> None:
    from pipelines.runs.metrics import write_metrics

    write_metrics(path, job.warehouse, record)


def _start_trace(job: Job, environment: Mapping[str, str]) -> "Trace | None":
    """The spans of a run; None if no place for them is configured."""
    is_off = environment.get("OTEL_SDK_DISABLED", "").casefold() == "true"
    is_none = environment.get("OTEL_TRACES_EXPORTER") == "none"
    if is_off or is_none or not any(environment.get(name) for name in _TRACED):
        return None
    try:
        from pipelines.runs.tracing import Trace
    except ImportError as error:
        logger.warning(
            "spans are asked for, but cannot be made: %s; install matterhouse[telemetry]", error
        )
        return None
    return Trace(job.name, {"job": job.name, "warehouse": str(job.warehouse.absolute())})
