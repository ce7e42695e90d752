"""Spans of OpenTelemetry: of a run, of its steps, and of the parts of a step.

The usual variables say where they go, like OTEL_EXPORTER_OTLP_ENDPOINT.
"""

import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import entry_points
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import Span, Status, StatusCode

logger = logging.getLogger(__name__)

EXPORT_SECONDS: Final = "5"
"""How long a collector that does not answer may hold up the end of a run, unless a variable says
otherwise."""
_NAMESPACE: Final = "matterhouse"
_PART: Final = "part"


class Trace:
    """The spans of a run."""

    def __init__(self, name: str, facts: Mapping[str, Any]) -> None:
        os.environ.setdefault("OTEL_EXPORTER_OTLP_TIMEOUT", EXPORT_SECONDS)
        named = {} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: _NAMESPACE}
        self._provider = TracerProvider(resource=Resource.create(named))
        for exporter in load_exporters():
            self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(_NAMESPACE)
        # Its parent is the span around it, if there is one.
        self._span = self._tracer.start_span(name, attributes=_name_attributes(facts))
        self._step, self._part_ns = self._span, time.time_ns()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """The span of a step."""
        context = trace.set_span_in_context(self._span)
        span = self._step = self._tracer.start_span(name, context)
        self._part_ns = time.time_ns()
        try:
            yield
        except BaseException as error:
            _note_failure(span, error)
            raise
        finally:
            self._step = self._span
            span.end()

    def progress(self, done: int, total: int) -> None:
        """The span of a part of the step: since the last part, `done` of `total` became so many.

        A part is what a worker gets at once: a batch of files to parse, or some partitions to
        rebuild. Workers do several at a time, so the span is the time until its result came.
        """
        now = time.time_ns()
        part = self._tracer.start_span(
            _PART,
            trace.set_span_in_context(self._step),
            attributes=_name_attributes({"done": done, "total": total}),
            start_time=self._part_ns,
        )
        part.end(now)
        self._part_ns = now

    def end(self, facts: Mapping[str, Any], error: BaseException | None) -> None:
        """End the span of the run, and hand over what is left."""
        self._span.set_attributes(_name_attributes(facts))
        if error is not None:
            _note_failure(self._span, error)
        self._span.end()
        self._provider.shutdown()


def load_exporters() -> Iterator[SpanExporter]:
    """Where spans go: to a collector, unless OTEL_TRACES_EXPORTER says otherwise."""
    for name in os.environ.get("OTEL_TRACES_EXPORTER", "otlp").split(","):
        match name.strip():
            case "none" | "":
                continue
            case "console":
                # Standard output is for results.
                yield ConsoleSpanExporter(out=sys.stderr)
            case wanted:
                protocol = os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
                kind = "grpc" if protocol == "grpc" else "http"
                found = f"otlp_proto_{kind}" if wanted == "otlp" else wanted
                entries = entry_points(group="opentelemetry_traces_exporter", name=found)
                if not entries:
                    logger.warning("no exporter %s of OpenTelemetry is installed", found)
                for entry in entries:
                    yield entry.load()()


def _note_failure(span: Span, error: BaseException) -> None:
    """Note `error` in the span, without its stack, which says nothing about an error of ours."""
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(Status(StatusCode.ERROR, str(error)))


def _name_attributes(facts: Mapping[str, Any]) -> dict[str, Any]:
    """`facts` as attributes. Counts become one for each name; what is not known is left out."""
    attributes: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, Mapping):
            for each, count in value.items():
                attributes[f"{_NAMESPACE}.{name}.{each}"] = count
        elif value is not None:
            attributes[f"{_NAMESPACE}.{name}"] = value
    return attributes
