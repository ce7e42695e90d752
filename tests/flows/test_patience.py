"""`serve` in bad times: a server that is away, fails, says nothing, restarts or forgets."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.warehouse.lock import hold_lock
from pipelines.warehouse.runs import RunRecord, name_run
from tests.flows.proxy import Mode, Proxy
from tests.flows.service import PATIENCE_SECONDS, SCRIPTS, Server, Service, running

pytestmark = [pytest.mark.slow, pytest.mark.server]
NEVER = "0 0 1 1 *"
"""Once a year. Runs that nobody asked for would disturb these tests."""
SCHEDULED, BY_HAND = "build/patient-scheduled", "build/patient-by-hand"


@pytest.fixture(scope="module")
def proxy(server: Server) -> Iterator[Proxy]:
    """What `serve` takes for its server."""
    proxy = Proxy(server.port)
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def environment(server: Server, proxy: Proxy) -> dict[str, str]:
    """That of `serve`. It may use all folders that these tests make."""
    return server.environment | {
        "MATTERHOUSE_ALLOWED": "/",
        "PREFECT_API_REQUEST_TIMEOUT": "3",
        "PREFECT_API_URL": f"http://127.0.0.1:{proxy.port}/api",
    }


@pytest.fixture(scope="module")
def serve(raw: Path) -> list[str | Path]:
    """The command."""
    return [SCRIPTS / "matterhouse", "serve", "--raw", raw, "--cron", NEVER, "--name", "patient"]


@pytest.fixture(scope="module")
def service(
    server: Server, serve: list[str | Path], environment: dict[str, str]
) -> Iterator[Service]:
    """`serve`, which lives through all that these tests do to its server."""
    with running(*serve, folder=server.folder, environment=environment) as service:
        yield service


def read(service: Service) -> str:
    return service.log.read_text(encoding="utf-8")


def test_serve_waits_for_a_server_that_is_not_there(
    server: Server, proxy: Proxy, service: Service
) -> None:
    service.wait_for("a word", lambda: "waiting for the Prefect API" in read(service) or None)
    proxy.open()
    found = service.wait_for("the deployment", lambda: server.find_deployment(SCHEDULED))
    assert (found["paused"], found["tags"]) == (False, ["matterhouse"])
    text = service.wait_for("the time", lambda: _find_line(read(service), f"{SCHEDULED}: cron"))
    assert f"{NEVER} in UTC, next " in text


def _find_line(text: str, part: str) -> str | None:
    return next((line for line in text.splitlines() if part in line), None)


@pytest.mark.parametrize(
    ("mode", "said"), [("failing", "it answers 500"), ("silent", "it does not answer in time")]
)
def test_serve_outlives_a_server_that_is_in_trouble(
    server: Server, proxy: Proxy, service: Service, mode: Mode, said: str
) -> None:
    before = len(read(service))
    proxy.become(mode)
    service.wait_for("a word", lambda: said in read(service)[before:] or None)
    # The runner of Prefect would give up after the third failure, which would be by now.
    time.sleep(8)
    proxy.become("passing")
    service.wait_for("the end", lambda: "works again" in read(service)[before:] or None)
    run = server.run_by_hand(BY_HAND)
    assert server.wait_for_state(run, "COMPLETED", "FAILED", "CRASHED")["type"] == "COMPLETED"


def test_serve_registers_what_the_server_forgot(server: Server, service: Service) -> None:
    forgotten = server.find_deployment(SCHEDULED)
    assert forgotten is not None
    server.delete(f"deployments/{forgotten['id']}")
    found = service.wait_for("the deployment", lambda: server.find_deployment(SCHEDULED))
    assert found["id"] != forgotten["id"]
    assert [each["schedule"]["cron"] for each in found["schedules"]] == [NEVER]


@pytest.mark.parametrize(
    ("state", "end"), [("RUNNING", "CRASHED"), ("PENDING", "CRASHED"), ("CANCELLING", "CANCELLED")]
)
@pytest.mark.usefixtures("service")
def test_a_run_whose_process_is_gone_is_ended(server: Server, state: str, end: str) -> None:
    deployment = server.find_deployment("images/patient-by-hand")
    assert deployment is not None
    created = server.ask(
        "flow_runs/", {"flow_id": deployment["flow_id"], "deployment_id": deployment["id"]}
    )
    run = f"flow_runs/{created['id']}"
    server.ask(f"{run}/set_state", {"state": {"type": state}, "force": True})
    assert "process of this run" in server.wait_for_state(run, end)["message"]


@pytest.mark.usefixtures("service")
def test_a_run_that_could_not_say_that_it_published_did_not_crash(
    server: Server, tmp_path: Path
) -> None:
    deployment = server.find_deployment("images/patient-by-hand")
    assert deployment is not None
    parameters = {"warehouse": str(tmp_path)}
    ids = {"flow_id": deployment["flow_id"], "deployment_id": deployment["id"]}
    created = server.ask("flow_runs/", {**ids, "parameters": parameters})
    run = f"flow_runs/{created['id']}"
    start = datetime.now(UTC)
    RunRecord(
        name_run(start, "images"),
        "images",
        "prefect",
        start.isoformat(),
        {},
        "published",
        snapshot=7,
        flow_run_id=created["id"],
    ).write(tmp_path)
    server.ask(f"{run}/set_state", {"state": {"type": "RUNNING"}, "force": True})
    assert server.wait_for_state(run, "COMPLETED", "CRASHED")["name"] == "Published"
    server.service.wait_for(
        "its name", lambda: server.ask(run)["name"] == "images #7 published" or None
    )


def test_a_run_is_cancelled_after_the_server_restarted(
    server: Server, service: Service, tmp_path: Path
) -> None:
    with hold_lock(tmp_path, "test"):
        run = server.run_by_hand(BY_HAND, warehouse=str(tmp_path), wait_seconds=600)
        server.wait_for_state(run, "RUNNING")
        server.restart()
        server.ask(f"{run}/set_state", {"state": {"type": "CANCELLING"}})
        server.wait_for_state(run, "CANCELLED")
    assert service.process.poll() is None
    deployment = server.find_deployment(BY_HAND)
    assert deployment is not None
    limit = deployment["global_concurrency_limit"]["id"]
    assert server.ask(f"v2/concurrency_limits/{limit}")["active_slots"] == 0


def test_a_second_serve_of_the_same_name_is_refused(
    server: Server, service: Service, serve: list[str | Path], environment: dict[str, str]
) -> None:
    second = run_to_its_end(serve, server, environment)
    assert second.returncode == 75
    assert f"served by process {service.process.pid} on " in second.stderr
    found = server.find_deployment(SCHEDULED)
    assert found is not None
    assert not found["paused"]


def run_to_its_end(
    command: list[str | Path], server: Server, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=server.folder,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE_SECONDS,
    )


def test_deployments_of_other_people_are_not_replaced(
    server: Server, serve: list[str | Path], environment: dict[str, str]
) -> None:
    flow = server.ask("flows/", {"name": "ingest"})
    theirs: dict[str, Any] = {
        "name": "their-by-hand",
        "flow_id": flow["id"],
        "entrypoint": "other.py:ingest",
    }
    server.ask("deployments/", theirs)
    refused = run_to_its_end([*serve, "--name", "their"], server, environment)
    assert refused.returncode == 1
    assert "ingest/their-by-hand of this Prefect server is of other people: it runs" in (
        refused.stderr
    )
    found = server.find_deployment("ingest/their-by-hand")
    assert found is not None
    assert (found["entrypoint"], found["paused"]) == ("other.py:ingest", False)
    assert server.find_deployment("build/their-scheduled") is None


def test_a_hung_run_times_out_and_frees_the_lock(
    server: Server, serve: list[str | Path], environment: dict[str, str], tmp_path: Path
) -> None:
    hasty = [*serve, "--name", "hasty", "--timeout", "15", "--tag", "quick"]
    with running(*hasty, folder=tmp_path, environment=environment) as service:
        service.wait_for("it", lambda: server.find_deployment("related_links/hasty-by-hand"))
        run = server.run_by_hand("build/hasty-by-hand")
        holder = tmp_path / "warehouse" / ".lock-holder.json"
        pid = service.wait_for("the run", lambda: find_pid(holder))
        os.kill(pid, signal.SIGSTOP)
        state = server.wait_for_state(run, "FAILED", "CRASHED", "COMPLETED")
        assert (state["name"], state["message"]) == (
            "TimedOut",
            "It took longer than 15 s (--timeout), and was ended.",
        )
        with hold_lock(tmp_path / "warehouse", "test", wait_seconds=20):
            pass
        assert server.ask(run)["state"]["name"] == "TimedOut"
        assert "quick" in server.ask(run)["tags"]


def find_pid(holder: Path) -> int | None:
    """The process that holds the lock, as soon as it says so."""
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        text = holder.read_text(encoding="utf-8") if holder.exists() else ""
        if text.endswith("}"):
            return int(text.partition('"pid": ')[2].partition(",")[0])
    return None


def test_what_people_paused_stays_paused(
    server: Server, service: Service, serve: list[str | Path], environment: dict[str, str]
) -> None:
    # This test ends the service, so it comes last.
    scheduled = server.find_deployment(SCHEDULED)
    assert scheduled is not None
    server.post(f"deployments/{scheduled['id']}/pause_deployment")
    service.process.terminate()
    assert service.process.wait(timeout=PATIENCE_SECONDS) == 0
    assert read_pauses(server) == {SCHEDULED: (True, False), BY_HAND: (True, True)}
    with running(*serve, folder=server.folder, environment=environment) as again:
        again.wait_for("it", lambda: (not read_pauses(server)[BY_HAND][0]) or None)
        assert read_pauses(server) == {SCHEDULED: (True, False), BY_HAND: (False, False)}
    assert "stays paused: somebody paused it" in read(again)
    assert "Traceback" not in read(again)


def read_pauses(server: Server) -> dict[str, tuple[bool, bool]]:
    """Whether each deployment is paused, and whether `serve` did that."""
    found = {name: server.find_deployment(name) for name in (SCHEDULED, BY_HAND)}
    return {
        name: (each["paused"], "serve-stopped" in each["tags"])
        for name, each in found.items()
        if each
    }
