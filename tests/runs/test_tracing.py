"""The spans of a run."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pipelines.errors import LockedError, RefusedError
from pipelines.runs import tracing
from pipelines.warehouse.lock import hold_lock
from tests.conftest import APRIL, MARCH, Archive, post, split_finely

Spans = dict[str, ReadableSpan]


class Exported(InMemorySpanExporter):
    """The spans that runs hand over."""

    def by_name(self) -> Spans:
        return {span.name: span for span in self.get_finished_spans()}


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Exported:
    """What runs hand over, if spans are asked for."""
    exporter = Exported()
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setattr(tracing, "load_exporters", lambda: iter([exporter]))
    return exporter


def test_a_run_is_a_span_with_one_below_it_for_each_step(
    built: Archive, exported: Exported
) -> None:
    built.write("_news/d.md", post(MARCH | {"title": None}))
    record = built.run()
    spans = exported.by_name()
    run = spans.pop("build")
    spans.pop("part")
    assert list(spans) == ["ingest", "rebuild", "conclude", "audit", "publish"]
    assert run.context
    for span in spans.values():
        assert span.parent
        assert span.parent.span_id == run.context.span_id
    assert run.attributes
    assert dict(run.attributes) | {
        "matterhouse.job": "build",
        "matterhouse.run_id": record.run_id,
        "matterhouse.status": "published",
        "matterhouse.snapshot": 2,
        "matterhouse.changes.new": 1,
        "matterhouse.new_findings.error": 1,
    } == dict(run.attributes)
    assert run.status.is_unset
    assert run.resource.attributes["service.name"] == "matterhouse"


def test_each_part_of_a_step_is_a_span_below_it(
    archive: Archive, exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    split_finely(monkeypatch, large_bytes=1 << 30)
    for number, month in enumerate((MARCH, MARCH, APRIL, APRIL, APRIL)):
        archive.write(f"{number}.md", post(month))
    archive.run()
    steps = exported.by_name()
    parts: dict[str, list[ReadableSpan]] = {"ingest": [], "rebuild": []}
    for part in exported.get_finished_spans():
        if part.name == "part":
            [name] = [each for each in parts if part.parent == steps[each].context]
            parts[name].append(part)
    done = {
        name: [(each.attributes or {})["matterhouse.done"] for each in found]
        for name, found in parts.items()
    }
    assert done == {"ingest": [2, 4, 5], "rebuild": [1, 2]}
    for name, found in parts.items():
        begins = [each.start_time for each in found]
        ends = [each.end_time for each in found]
        assert begins[1:] == ends[:-1]
        assert (steps[name].start_time or 0) <= (begins[0] or 0)
        assert (ends[-1] or 0) <= (steps[name].end_time or 0)


def test_what_fails_is_an_error_with_its_type(built: Archive, exported: Exported) -> None:
    with pytest.raises(RefusedError):
        built.run(strict=True)
    spans = exported.by_name()
    for name in ("build", "audit"):
        assert spans[name].status.status_code is trace.StatusCode.ERROR
        assert (spans[name].attributes or {})["error.type"] == "RefusedError"
    assert spans["ingest"].status.is_unset


def test_a_run_that_gives_way_is_a_span_without_steps(built: Archive, exported: Exported) -> None:
    with hold_lock(built.warehouse.root, "build"), pytest.raises(LockedError):
        built.run()
    (span,) = exported.get_finished_spans()
    assert (span.attributes or {})["error.type"] == "LockedError"


def test_the_span_around_a_run_is_its_parent(built: Archive, exported: Exported) -> None:
    outer = TracerProvider().get_tracer("outer").start_span("flow")
    with trace.use_span(outer):
        built.run()
    parent = exported.by_name()["build"].parent
    assert parent
    assert parent.span_id == outer.get_span_context().span_id


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ExportTraceServiceRequest]]:
    """The requests that a collector on this machine gets."""
    requests: list[ExportTraceServiceRequest] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    yield requests
    server.shutdown()
    server.server_close()


def test_a_collector_gets_all_spans_of_a_run(
    built: Archive, collector: list[ExportTraceServiceRequest]
) -> None:
    built.run()
    names = [
        span.name
        for request in collector
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert sorted({*names}) == ["audit", "build", "conclude", "ingest", "part", "rebuild"]


def test_a_collector_that_is_not_there_neither_fails_nor_stops_a_run(
    built: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    began = time.monotonic()
    assert built.run().status == "unchanged"
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"},
    ],
)
def test_nothing_is_loaded_if_nobody_asked_for_spans(
    built: Archive, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    program = (
        "import sys; from pipelines.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'opentelemetry', 'prometheus_client'} & sys.modules.keys()))"
    )
    process = subprocess.run(
        [sys.executable, "-c", program, "build", "--jobs", "1", "--max-reject-share", "1"],
        cwd=built.raw.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.splitlines()[-1] == "[]"


def test_spans_without_the_package_are_a_warning(
    built: Archive, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "pipelines.runs.tracing", None)
    assert built.run().status == "unchanged"
    assert "install matterhouse[telemetry]" in caplog.text


def test_an_exporter_that_is_not_installed_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "nowhere,console,none")
    assert [type(each).__name__ for each in tracing.load_exporters()] == ["ConsoleSpanExporter"]
    assert "no exporter nowhere" in caplog.text
