"""The place of a soak: a Prefect server with its database, `serve`, a webhook, a small disk."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

SCRIPTS: Final = Path(sys.executable).parent
START_SECONDS: Final = 180
"""How long a server may take to answer on a busy machine."""
DISK: Final = "size=48m"
fetch = build_opener(ProxyHandler({})).open


def find_port() -> int:
    """A port of this machine that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Webhook:
    """Counts who is called: every body that was posted to `url`, with the time."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        calls = self.calls

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                calls.append(json.loads(body) | {"at": time.time()})
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing: the soak prints what came."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def count(self, flow_run_id: str) -> int:
        """How often it was called about a run."""
        return sum(each.get("flow_run_id") == flow_run_id for each in self.calls)


class Place:
    """A folder with everything that runs in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw = folder / "raw"
        self.disk = folder / "disk"
        self.warehouse = self.disk / "warehouse"
        self.webhook = Webhook()
        self.port = find_port()
        self.api = f"http://127.0.0.1:{self.port}/api"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        others = {name: value for name, value in os.environ.items() if "PREFECT" not in name}
        self.environment = others | {
            "DO_NOT_TRACK": "1",
            "NO_PROXY": "127.0.0.1",
            "PREFECT_API_URL": self.api,
            "PREFECT_HOME": str(folder / "home"),
            "PREFECT_RUNNER_POLL_FREQUENCY": "2",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
                "prefect.server.concurrency.lease_storage.filesystem"
            ),
            "PREFECT_SERVER_UI_ENABLED": "false",
        }

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        """The answer of the API to a POST."""
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self.api}/{path}", json.dumps(body).encode(), headers)
        with fetch(request, timeout=60) as response:
            return json.load(response)

    def start_database(self) -> bool:
        """Start PostgreSQL for the server. Returns False if it is not installed."""
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not programs:
            return False
        data, port = self.folder / "database", find_port()
        # PostgreSQL does not run as root.
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        data.mkdir()
        if as_user:
            shutil.chown(data, "postgres")
            for each in (self.folder, self.folder.parent):
                each.chmod(0o755)
        initdb: list[Any] = [
            *as_user,
            programs[-1] / "initdb",
            "-D",
            data,
            "-A",
            "trust",
            "-U",
            "postgres",
        ]
        subprocess.run(initdb, check=True, capture_output=True, cwd=data)
        self._database = [
            *as_user,
            programs[-1] / "postgres",
            "-D",
            data,
            "-p",
            str(port),
            "-k",
            data,
        ]
        self.start_process("database", self._database)
        url = f"postgresql+asyncpg://postgres@127.0.0.1:{port}/postgres"
        self.environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = url
        return True

    def start_server(self) -> None:
        """Start the server and wait until it answers."""
        address = ["--host", "127.0.0.1", "--port", str(self.port)]
        self.start_process("server", [SCRIPTS / "prefect", "server", "start", *address])
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(URLError, OSError), fetch(f"{self.api}/health", timeout=5):
                return
            time.sleep(0.5)
        raise TimeoutError("the server does not answer")

    def start_serve(self, *options: str) -> None:
        """Start `matterhouse serve`."""
        folders = ["--raw", self.raw, "--warehouse", self.warehouse]
        self.start_process("serve", [SCRIPTS / "matterhouse", "serve", *folders, *options])

    def start_process(self, name: str, command: list[Any]) -> None:
        """Start `command` in a session of its own, with a log of that name."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """Kill a process with all that it started."""
        process = self._processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def restart_database(self) -> None:
        """Start the database again that was killed."""
        (self.folder / "database" / "postmaster.pid").unlink(missing_ok=True)
        self.start_process("database", self._database)

    def is_running(self, name: str) -> bool:
        """Whether a process of that name is alive."""
        return name in self._processes and self._processes[name].poll() is None

    def stop(self) -> None:
        """End everything."""
        for name in list(self._processes):
            self.kill(name)

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run `matterhouse` to its end."""
        command = [str(SCRIPTS / "matterhouse"), *map(str, arguments)]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A disk of some megabytes at `folder`. Yields False if nothing can be mounted here."""
    folder.mkdir()
    mount: list[Any] = ["mount", "-t", "tmpfs", "-o", DISK, "none", folder]
    is_mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", folder], check=True)
