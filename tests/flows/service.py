"""What tests of the flows run in the background: a Prefect server, and `serve`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

SCRIPTS = Path(sys.executable).parent
PATIENCE_SECONDS = 240
"""How long to wait for Prefect. A quiet machine needs a tenth of it."""
Found = TypeVar("Found")
fetch = build_opener(ProxyHandler({})).open


@dataclass(frozen=True)
class Service:
    """A process that runs in the background, with all that it starts."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_for(self, what: str, look: Callable[[], Found | None]) -> Found:
        """What `look` finds, as soon as it finds something."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := look()) is None:
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{what} did not come: {self.log.read_text(encoding='utf-8')[-4000:]}")
            time.sleep(0.1)
        return found

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def start(*command: str | Path, folder: Path, environment: dict[str, str]) -> Service:
    """A service that runs in `folder`."""
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Service(process, log)


@contextmanager
def running(*command: str | Path, folder: Path, environment: dict[str, str]) -> Iterator[Service]:
    """A service that runs in `folder` until the block ends."""
    service = start(*command, folder=folder, environment=environment)
    try:
        yield service
    finally:
        service.stop()


def find_port() -> int:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def ask(url: str, body: dict[str, Any] | None = None) -> Any:
    """The answer to a POST, or to a GET where there is no body. None if it has no content."""
    request = Request(
        url,
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


def find_health(url: str) -> bool | None:
    """True as soon as the API at `url` answers."""
    try:
        return ask(f"{url}/health") is True or None
    except URLError:
        return None


@dataclass
class Server:
    """A Prefect server, the environment of its clients, and the folder where `serve` runs."""

    port: int
    environment: dict[str, str]
    folder: Path
    service: Service

    @classmethod
    def start(cls, port: int, environment: dict[str, str], folder: Path) -> "Server":
        """A server that answers."""
        command = ["server", "start", "--host", "127.0.0.1", "--port", str(port)]
        service = start(SCRIPTS / "prefect", *command, folder=folder, environment=environment)
        server = cls(port, environment, folder, service)
        service.wait_for("the answer of the server", lambda: find_health(server.url))
        return server

    def restart(self) -> None:
        """Kill it, and start it again."""
        os.killpg(self.service.process.pid, signal.SIGKILL)
        self.service.process.wait()
        self.service = Server.start(self.port, self.environment, self.folder).service

    @property
    def url(self) -> str:
        """Where its API is."""
        return f"http://127.0.0.1:{self.port}/api"

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer of the API to a POST, or to a GET where there is no body."""
        return ask(f"{self.url}/{path}", body)

    def post(self, path: str) -> None:
        """A POST that has no answer."""
        fetch(Request(f"{self.url}/{path}", method="POST"), timeout=PATIENCE_SECONDS).close()

    def delete(self, path: str) -> None:
        fetch(Request(f"{self.url}/{path}", method="DELETE"), timeout=PATIENCE_SECONDS).close()

    def wait_for_run(self, what: str, **which: Any) -> dict[str, Any]:
        """The first of these flow runs that ended, well or badly."""
        which |= {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}}
        body = {"flow_runs": which, "sort": "START_TIME_ASC", "limit": 1}
        return self.service.wait_for(
            what, lambda: next(iter(self.ask("flow_runs/filter", body)), None)
        )

    def wait_for_tasks(self, run: dict[str, Any], count: int) -> list[str]:
        """The names of the tasks of a flow run, in order. They are recorded later than the run."""
        body = {"flow_runs": {"id": {"any_": [run["id"]]}}}

        def look() -> list[dict[str, Any]] | None:
            found = self.ask("task_runs/filter", body)
            are_over = all(each["state_type"] == "COMPLETED" for each in found)
            return found if len(found) >= count and are_over else None

        found = self.service.wait_for(f"{count} task runs", look)
        return [each["name"] for each in sorted(found, key=lambda each: str(each["start_time"]))]

    def find_deployment(self, name: str) -> dict[str, Any] | None:
        """The deployment of this full name; None if there is none."""
        try:
            found: dict[str, Any] = self.ask(f"deployments/name/{name}")
        except HTTPError as error:
            if error.code == 404:
                return None
            raise
        return found

    def run_by_hand(self, name: str, **parameters: Any) -> str:
        """Ask for a run of a deployment. Returns the path of the run."""
        deployment = self.find_deployment(name)
        assert deployment is not None
        path = f"deployments/{deployment['id']}/create_flow_run"
        return f"flow_runs/{self.ask(path, {'parameters': parameters})['id']}"

    def wait_for_state(self, run: str, *types: str) -> dict[str, Any]:
        """The state of a run, as soon as it is of one of these types."""

        def look() -> dict[str, Any] | None:
            state: dict[str, Any] = self.ask(run)["state"]
            return state if state["type"] in types else None

        return self.service.wait_for(f"{run} to be {types}", look)
