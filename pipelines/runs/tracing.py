"""Spans of OpenTelemetry: one for a run, and one below it for each of its steps.

Where they go, the usual variables say, like OTEL_EXPORTER_OTLP_ENDPOINT.
"""

import logging
import os
import sys
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
        self._step = self._span

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """The span of a step."""
        context = trace.set_span_in_context(self._span)
        span = self._step = self._tracer.start_span(name, context)
        try:
            yield
        except BaseException as error:
            _note_failure(span, error)
            raise
        finally:
            self._step = self._span
            span.end()

    def progress(self, done: int, total: int) -> None:
        """An event of the step at work: so many of its files, or of its partitions, are done."""
        self._step.add_event("progress", {"done": done, "total": total})

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
