"""The flows on a real Prefect server."""

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

from pipelines.errors import PipelineError
from pipelines.runs.job import Job
from pipelines.warehouse.lock import hold_lock
from schemas.language.registry import list_derived
from tests.conftest import post

SCRIPTS = Path(sys.executable).parent
PATIENCE_SECONDS = 240
"""How long to wait for Prefect. A quiet machine needs a tenth of it."""
EVERY_FIVE_SECONDS = "* * * * * */5"
Found = TypeVar("Found")
fetch = build_opener(ProxyHandler({})).open


def test_only_errors_of_the_disk_are_retried() -> None:
    # Imported here, since Prefect takes seconds and collecting tests should not.
    from prefect.states import Failed

    from pipelines.flows.tasks import RETRIED, failed_on_disk
    from pipelines.runs import steps

    assert all(hasattr(steps, name) for name in RETRIED)
    errors = [OSError("disk full"), PipelineError("bad data"), KeyError("our bug")]
    is_retried: Any = failed_on_disk
    assert [is_retried(None, None, Failed(data=error)) for error in errors] == [True, False, False]


MONTHS: dict[str, Any] = {
    "months": ("2024-03",),
    "since": "2024-01",
    "until": "2024-05",
    "jobs": 3,
}
JOBS: dict[str, dict[str, Any]] = {
    "build": {
        "include": ("*.md", "docs/"),
        "exclude": ("drafts",),
        "full": True,
        "dry_run": True,
        "strict": True,
        "jobs": 3,
        "max_reject_share": 0.5,
        "max_new_reject_share": 0.7,
        "max_delete_share": 0.6,
        "max_deletes": 7,
        "allow_deletes": True,
        "settle": 60,
    },
    "ingest": {"jobs": 3, "max_reject_share": 0.5, "max_delete_share": 0.6, "settle": 5},
    "replay": {"rule": "is_url", "path": "_news/**", "table": "images", "field_path": "url"},
    **{table: {**MONTHS, "max_reject_share": 0.5} for table in list_derived()},
}


@pytest.mark.parametrize("name", JOBS)
def test_a_flow_does_what_the_job_asks(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    from pipelines.flows import flow

    monkeypatch.setattr(flow, "run_as_tasks", Job.read)
    job = Job(name, Path("w"), "r", wait_seconds=5, **JOBS[name])
    assert flow.FLOWS[name].fn(**job.list_parameters()) == job


def test_serve_ends_at_once_before_anything_runs() -> None:
    from pipelines.flows.serving import CancellingRunner

    with pytest.raises(SystemExit) as end:
        CancellingRunner().handle_sigterm(signal.SIGTERM)
    assert end.value.code == 143


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


@contextmanager
def running(*command: str | Path, folder: Path, environment: dict[str, str]) -> Iterator[Service]:
    """A service that runs in `folder` until the block ends."""
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    service = Service(process, log)
    try:
        yield service
    finally:
        service.stop()


@dataclass(frozen=True)
class Server:
    """A Prefect server, the environment of its clients, and the folder where `serve` runs."""

    url: str
    environment: dict[str, str]
    service: Service
    folder: Path

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer of the API to a POST, or to a GET where there is no body."""
        request = Request(
            f"{self.url}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        for pause in (1, 3, 0):
            try:
                with fetch(request, timeout=PATIENCE_SECONDS) as response:
                    return json.load(response)
            except HTTPError as error:
                # The database may be busy on a busy machine.
                if error.code < 500 or not pause:
                    raise
                time.sleep(pause)
        raise AssertionError

    def post(self, path: str) -> None:
        """A POST that has no answer."""
        fetch(Request(f"{self.url}/{path}", method="POST"), timeout=PATIENCE_SECONDS).close()

    def is_healthy(self) -> bool | None:
        """True as soon as it answers."""
        try:
            return self.ask("health") is True or None
        except URLError:
            return None

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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Prefect server in a home of its own. It schedules quickly, one run at a time."""
    folder = tmp_path_factory.mktemp("prefect")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    others = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    environment = others | {
        "DO_NOT_TRACK": "1",
        "NO_PROXY": "127.0.0.1",
        "PREFECT_API_URL": url,
        "PREFECT_HOME": str(folder / "home"),
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_RUNS": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "1",
        "PREFECT_SERVER_UI_ENABLED": "false",
    }
    with running(
        *(SCRIPTS / "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)),
        folder=folder,
        environment=environment,
    ) as service:
        started = Server(url, environment, service, folder)
        service.wait_for("the answer of the server", started.is_healthy)
        yield started


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A post, and one that was cut short."""
    folder = tmp_path_factory.mktemp("raw")
    (folder / "a.md").write_text(post(), encoding="utf-8")
    (folder / "broken.md").write_text("---\ntitle: x\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def service(server: Server, raw: Path) -> Iterator[Service]:
    """`matterhouse serve`, while it runs."""
    environment = server.environment | {
        "MATTERHOUSE_ALLOWED": os.pathsep.join([str(server.folder), str(raw)])
    }
    with running(
        *(SCRIPTS / "matterhouse", "serve", "--raw", raw, "--cron", EVERY_FIVE_SECONDS),
        *("--include", "*.md"),
        folder=server.folder,
        environment=environment,
    ) as service:
        yield service


@pytest.fixture(scope="module")
def deployments(server: Server, service: Service) -> dict[str, dict[str, Any]]:
    """The deployments that are served, by name."""

    def look() -> dict[str, dict[str, Any]] | None:
        flows = {each["id"]: each["name"] for each in server.ask("flows/filter", {})}
        found = server.ask("deployments/filter", {})
        by_name = {f"{flows.get(each['flow_id'])}/{each['name']}": each for each in found}
        return by_name if len(by_name) == 7 else None

    return service.wait_for("seven deployments", look)


@pytest.mark.slow
@pytest.mark.server
def test_serve_registers_a_scheduled_build_and_every_flow_by_hand(
    deployments: dict[str, dict[str, Any]],
) -> None:
    assert {
        name: (
            each["global_concurrency_limit"]["limit"],
            each["concurrency_options"]["collision_strategy"],
            [schedule["schedule"]["cron"] for schedule in each["schedules"]],
        )
        for name, each in deployments.items()
    } == {
        "build/scheduled": (1, "CANCEL_NEW", [EVERY_FIVE_SECONDS]),
        "build/by-hand": (1, "ENQUEUE", []),
        "ingest/by-hand": (1, "ENQUEUE", []),
        "replay/by-hand": (1, "ENQUEUE", []),
        "articles/by-hand": (1, "ENQUEUE", []),
        "images/by-hand": (1, "ENQUEUE", []),
        "related_links/by-hand": (1, "ENQUEUE", []),
    }
    included = {name: each["parameters"].get("include") for name, each in deployments.items()}
    assert {name for name, glob in included.items() if glob == ["*.md"]} == {
        "build/scheduled",
        "build/by-hand",
    }


@pytest.mark.slow
@pytest.mark.server
def test_the_scheduler_starts_builds(
    server: Server, deployments: dict[str, dict[str, Any]]
) -> None:
    run = server.wait_for_run("a scheduled build", tags={"all_": ["auto-scheduled"]})
    assert (run["auto_scheduled"], run["created_by"]["display_value"], run["state_name"]) == (
        True,
        "CronSchedule",
        "CompletedWithRejects",
    )
    assert (server.folder / "warehouse" / "current" / "manifest.json").is_file()
    # Each run takes seconds of a processor, and the other tests need none.
    server.post(f"deployments/{deployments['build/scheduled']['id']}/pause_deployment")


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.usefixtures("deployments")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--cron", "0 * * *"], "found the cron '0 * * *', expected one like '0 * * * *'"),
        (["--raw", "nowhere"], "nowhere: No such file or directory, expected a readable folder"),
        (["--warehouse", "other"], "not of {folder}/other: start a server for each warehouse"),
    ],
)
def test_serve_checks_its_options_and_replaces_no_foreign_deployments(
    server: Server, raw: Path, options: list[str], message: str
) -> None:
    process = subprocess.run(
        [SCRIPTS / "matterhouse", "serve", "--raw", raw, *options],
        cwd=server.folder,
        env=server.environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert process.returncode == 1
    assert message.format(folder=server.folder) in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.slow
@pytest.mark.server
def test_a_build_by_hand_shows_its_rejects_tasks_and_summary(
    server: Server, deployments: dict[str, dict[str, Any]], raw: Path
) -> None:
    warehouse = str(server.folder / "allowed" / "warehouse")
    created = server.ask(
        f"deployments/{deployments['build/by-hand']['id']}/create_flow_run",
        {"parameters": {"warehouse": warehouse}},
    )
    run = server.wait_for_run("the build by hand", id={"any_": [created["id"]]})
    assert (run["name"], run["state_name"], run["state"]["message"]) == (
        "build #1 published +2 ~0 -0, 1 new reject",
        "CompletedWithRejects",
        "snapshot 1 published: 2 files found, 1 loaded, 1 rejected, 0 ignored; 1 error, 0 warnings",
    )
    assert server.wait_for_tasks(run, 5) == [
        "ingest",
        "rebuild",
        "conclude",
        "audit",
        "publish",
    ]
    [artifact] = server.ask(
        "artifacts/filter",
        {"artifacts": {"flow_run_id": {"any_": [run["id"]]}, "type": {"any_": ["markdown"]}}},
    )
    assert artifact["key"].endswith("-warehouse-build")
    assert artifact["data"].startswith(f"**{run['state']['message']}**")
    assert f"{raw}/broken.md:" in artifact["data"]
    assert "| articles | 1 | 1 | 0 |" in artifact["data"]


@pytest.mark.slow
@pytest.mark.server
def test_the_command_line_uses_the_server_and_loses_no_option(
    server: Server, raw: Path, tmp_path: Path
) -> None:
    options = ["--full", "--include", "*.md", "--jobs", "1", "--wait", "2"]
    options += ["--max-reject-share", "0.5", "--max-delete-share", "0.6"]
    build = subprocess.run(
        [SCRIPTS / "matterhouse", "build", "--json", "--raw", raw, *options],
        cwd=tmp_path,
        env=server.environment,
        capture_output=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    record = json.loads(build.stdout)
    assert (record["engine"], record["status"], record["rows"]["articles"]) == (
        "prefect",
        "published",
        1,
    )
    assert record["options"] == {
        "raw": str(raw),
        "include": ["*.md"],
        "exclude": [],
        "mapping": "auto",
        "archive": [],
        "config": None,
        "months": [],
        "since": None,
        "until": None,
        "is_full": True,
        "is_dry": False,
        "jobs": 1,
        "wait_seconds": 2,
        "allow_deletes": False,
        "settle": 0,
        "limits": {
            "reject_share": 0.5,
            "new_reject_share": 0.25,
            "delete_share": 0.6,
            "deletes": None,
            "is_strict": False,
            "rules": {},
        },
    }
    runs = {
        "deployment_id": {"is_null_": True},
        "state": {"name": {"any_": ["CompletedWithRejects"]}},
    }
    run = server.wait_for_run("the build of the command line", **runs)
    assert run["name"] == "build #1 published +2 ~0 -0, 1 new reject"


@pytest.mark.slow
@pytest.mark.server
def test_a_build_that_is_refused_fails_and_publishes_nothing(
    server: Server, raw: Path, tmp_path: Path
) -> None:
    build = subprocess.run(
        [SCRIPTS / "matterhouse", "build", "--strict", "--raw", raw, "--warehouse", "refused"],
        cwd=tmp_path,
        env=server.environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    reason = (
        "there are errors: 1; --strict accepts none: look with `matterhouse rejects --staged "
        "--warehouse refused`"
    )
    assert build.returncode == 1
    assert "refused: 2 files found, 1 loaded, 1 rejected, 0 ignored; 1 error" in build.stdout
    assert f"matterhouse: {reason}" in build.stderr.splitlines()
    assert "Traceback" not in build.stderr
    assert not (tmp_path / "refused" / "current").exists()
    run = server.wait_for_run("the refused build", name={"like_": "build refused"})
    assert (run["state_type"], run["state_name"]) == ("FAILED", "Failed")
    assert run["state"]["message"].startswith("Refused: there are errors: 1; --strict accepts none")


@pytest.mark.slow
@pytest.mark.server
def test_a_run_of_a_deployment_may_not_use_any_folder(
    server: Server, deployments: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    by_hand = f"deployments/{deployments['build/by-hand']['id']}"
    parameters = {"warehouse": str(tmp_path / "anywhere")}
    created = server.ask(f"{by_hand}/create_flow_run", {"parameters": parameters})
    run = server.wait_for_run("the run", id={"any_": [created["id"]]})
    assert (run["state_type"], run["name"].split(":")[0]) == ("FAILED", "build failed")
    assert "is in no folder that the run of a deployment may use" in run["state"]["message"]
    assert not (tmp_path / "anywhere").exists()


@pytest.mark.slow
@pytest.mark.server
def test_a_run_ends_with_serve(
    server: Server, service: Service, deployments: dict[str, dict[str, Any]]
) -> None:
    # This test ends the service, so it comes last.
    by_hand = f"deployments/{deployments['build/by-hand']['id']}"
    warehouse = server.folder / "held"
    warehouse.mkdir()
    with hold_lock(warehouse, "test"):
        parameters = {"warehouse": str(warehouse), "wait_seconds": 600}
        created = server.ask(f"{by_hand}/create_flow_run", {"parameters": parameters})
        run = f"flow_runs/{created['id']}"
        service.wait_for("the run", lambda: server.ask(run)["state_type"] == "RUNNING" or None)
        service.process.send_signal(signal.SIGINT)
        assert service.process.wait(timeout=PATIENCE_SECONDS) == 0
    assert server.ask(run)["state_type"] == "CANCELLED"
    assert server.ask(by_hand)["paused"]
    assert "Traceback" not in service.log.read_text(encoding="utf-8")
