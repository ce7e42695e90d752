"""What `matterhouse deploy` prints, run as processes on this machine, each in a folder of its own.

Nothing here knows a command: units, compose files and comments say what is run.
"""

import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipelines.cli.main import main
from tests.flows.service import PATIENCE_SECONDS, SCRIPTS, Service, ask, find_health
from tests.flows.service import running as run_service

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


class Program(NamedTuple):
    """A program, its arguments, and the variables that it is started with."""

    words: list[str]
    environment: dict[str, str]


def read_unit(text: str) -> Program:
    """What systemd would start for a unit."""
    lines = [line.partition("=") for line in text.splitlines() if not line.startswith("#")]
    plain = [(key, value.replace("%%", "%")) for key, _, value in lines]
    [command] = [value for key, value in plain if key == "ExecStart"]
    pairs = [word for key, value in plain if key == "Environment" for word in shlex.split(value)]
    environment = {key: value for key, _, value in (pair.partition("=") for pair in pairs)}
    return Program([word.replace("$$", "$") for word in shlex.split(command)], environment)


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


@contextmanager
def running(program: Program, folder: Path) -> Iterator[Service]:
    """`program` as it runs in `folder`, which stands for the state that its unit gives it."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = clean_environment() | QUICK | program.environment
    with run_service(*program.words, folder=folder, environment=environment) as service:
        yield service


@dataclass(frozen=True)
class Server:
    """A Prefect server that runs, and the folder of its clients."""

    url: str
    service: Service
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """What its clients need to know."""
        return QUICK | {"PREFECT_API_URL": self.url, "PREFECT_HOME": str(self.home)}

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer of the API to a POST, or to a GET where there is no body."""
        return ask(f"{self.url}/{path}", body)

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

        return self.service.wait_for("the end of the run", look)


@contextmanager
def serving(program: Program, url: str, folder: Path) -> Iterator[Server]:
    """The Prefect server that `program` is, as soon as it answers at `url`."""
    with running(program, folder / "server") as service:
        service.wait_for("the answer of the server", lambda: find_health(url))
        yield Server(url, service, folder / "client")


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
