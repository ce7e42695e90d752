"""What `matterhouse deploy` prints, run as processes on this machine, each in a folder of its own.

Nothing here knows a command: units, compose files and comments say what is run.
"""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from pipelines.cli.main import main

PATIENCE_SECONDS = 120
"""How long to wait for Prefect. A quiet machine needs a tenth of it."""
SCRIPTS = Path(sys.executable).parent
QUICK = {
    "NO_PROXY": "127.0.0.1",
    "PREFECT_RUNNER_POLL_FREQUENCY": "1",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS": "1",
    "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_RUNS": "1",
    "PREFECT_SERVER_SERVICES_TRIGGERS_PG_NOTIFY_RECONNECT_INTERVAL_SECONDS": "1",
}
"""What a machine may set besides: nobody wants to wait in tests."""
Found = TypeVar("Found")
fetch = build_opener(ProxyHandler({})).open


class Service(NamedTuple):
    """A program, its arguments, and the variables that it is started with."""

    words: list[str]
    environment: dict[str, str]


def read_unit(text: str) -> Service:
    """What systemd would start for a unit."""
    lines = [line.partition("=") for line in text.splitlines() if not line.startswith("#")]
    plain = [(key, value.replace("%%", "%")) for key, _, value in lines]
    [command] = [value for key, value in plain if key == "ExecStart"]
    pairs = [word for key, value in plain if key == "Environment" for word in shlex.split(value)]
    environment = {key: value for key, _, value in (pair.partition("=") for pair in pairs)}
    return Service([word.replace("$$", "$") for word in shlex.split(command)], environment)


def read_steps(text: str) -> list[str]:
    """The commands in the comment at the top of a file."""
    return [line.removeprefix("#   ") for line in text.splitlines() if line.startswith("#   ")]


def print_file(name: str, *options: str | Path) -> str:
    """What `matterhouse deploy` prints. In this process, since a new one takes seconds."""
    printed = StringIO()
    before = sys.argv
    sys.argv = ["matterhouse", "deploy", name, *map(str, options)]
    try:
        with redirect_stdout(printed), pytest.raises(SystemExit) as done:
            main()
    finally:
        sys.argv = before
    assert not done.value.code
    return printed.getvalue()


def run_program(
    *command: str | Path, environment: dict[str, str], folder: Path | None = None
) -> str:
    """What a program prints. It must succeed."""
    done = subprocess.run(
        command,
        env=clean_environment() | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def clean_environment() -> dict[str, str]:
    """The environment without anybody's Prefect, and with our programs first on the path."""
    others = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    path = os.pathsep.join([str(SCRIPTS), os.environ["PATH"]])
    return others | {"PATH": path, "DO_NOT_TRACK": "1"}


@dataclass(frozen=True)
class Process:
    """A process in the background, with all that it starts."""

    popen: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, what: str, look: Callable[[], Found | None]) -> Found:
        """What `look` finds, as soon as it finds something."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := look()) is None:
            if self.popen.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{what} did not come: {self.log.read_text(encoding='utf-8')[-4000:]}")
            time.sleep(0.1)
        return found

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGTERM)
        try:
            self.popen.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()


@contextmanager
def running(service: Service, folder: Path) -> Iterator[Process]:
    """`service` as it runs in `folder`, which stands for the state that its unit gives it."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    with log.open("wb") as output:
        popen = subprocess.Popen(
            service.words,
            cwd=folder,
            env=clean_environment() | QUICK | service.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process = Process(popen, log)
    try:
        yield process
    finally:
        process.stop()


@dataclass(frozen=True)
class Server:
    """A Prefect server that runs, and the folder of its clients."""

    url: str
    process: Process
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """What its clients need to know."""
        return QUICK | {"PREFECT_API_URL": self.url, "PREFECT_HOME": str(self.home)}

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer to a POST, or to a GET where there is no body. None if it has no content."""
        request = Request(
            f"{self.url}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        for pause in (1, 3, 0):
            try:
                with fetch(request, timeout=PATIENCE_SECONDS) as response:
                    return json.loads(response.read() or "null")
            except HTTPError as error:
                # The database may be busy on a busy machine.
                if error.code < 500 or not pause:
                    raise
                time.sleep(pause)
        raise AssertionError

    def is_healthy(self) -> bool | None:
        """True as soon as it answers."""
        try:
            return self.ask("health") is True or None
        except URLError:
            return None

    def list_deployments(self) -> dict[str, dict[str, Any]]:
        """All deployments by their full names."""
        flows = {each["id"]: each["name"] for each in self.ask("flows/filter", {})}
        found = self.ask("deployments/filter", {})
        return {f"{flows[each['flow_id']]}/{each['name']}": each for each in found}

    def start(self, deployment: str, **parameters: Any) -> str:
        """Start a run of a deployment. Returns its id."""
        known = self.list_deployments()[deployment]
        path = f"deployments/{known['id']}/create_flow_run"
        return str(self.ask(path, {"parameters": parameters})["id"])

    def wait_for_end(self, run_id: str) -> dict[str, Any]:
        """The flow run, when it is over."""

        def look() -> dict[str, Any] | None:
            run: dict[str, Any] = self.ask(f"flow_runs/{run_id}")
            is_over = run["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
            return run if is_over else None

        return self.process.wait_for("the end of the run", look)


@contextmanager
def serving(service: Service, url: str, folder: Path) -> Iterator[Server]:
    """The Prefect server that `service` is, as soon as it answers at `url`."""
    with running(service, folder / "server") as process:
        server = Server(url, process, folder / "client")
        process.wait_for("the answer of the server", server.is_healthy)
        yield server


def find_port() -> int:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass(frozen=True)
class Listener:
    """A webhook on this machine, and what it was called with."""

    url: str
    calls: list[dict[str, Any]] = field(default_factory=list)

    def list_about(self, run_id: str) -> list[dict[str, Any]]:
        """The calls about one run."""
        return [each for each in self.calls if each["flow_run_id"] == run_id]


@contextmanager
def listening() -> Iterator[Listener]:
    """A webhook that takes what comes."""
    calls: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            calls.append(json.loads(self.rfile.read(length)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield Listener(f"http://127.0.0.1:{http.server_port}/alarm", calls)
        http.shutdown()
