"""`serve`, and builds that use a server, on a real Prefect server."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.warehouse.lock import hold_lock
from tests.flows.proxy import Proxy
from tests.flows.service import PATIENCE_SECONDS, SCRIPTS, Server, Service, running

EVERY_FIVE_SECONDS = "* * * * * */5"


def test_serve_ends_at_once_before_anything_runs() -> None:
    # Imported here, since Prefect takes seconds and collecting tests should not.
    from pipelines.flows.registry import Registry
    from pipelines.flows.runner import PatientRunner

    runner = PatientRunner(Registry([], "w", []), is_busy=lambda _: False)
    with pytest.raises(SystemExit) as end:
        runner.handle_sigterm(signal.SIGTERM)
    assert end.value.code == 143


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
    ("options", "code", "message"),
    [
        (
            ["--cron", "0 * * *"],
            2,
            "found the cron '0 * * *' in UTC, expected one like '0 * * * *'",
        ),
        (["--cron", "0 2 31 2 *"], 2, "cron 0 2 31 2 *: this time never comes"),
        (["--raw", "nowhere"], 1, "nowhere: No such file or directory, expected a readable folder"),
        (
            ["--warehouse", "other"],
            1,
            "build/scheduled of this Prefect server is of the warehouse {folder}/warehouse, not of "
            "{folder}/other: give yours a name of their own with --name",
        ),
        ([], 75, "warehouse: served by process {pid} on "),
    ],
)
def test_serve_checks_its_options_and_replaces_nothing_of_others(
    server: Server, service: Service, raw: Path, options: list[str], code: int, message: str
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
    assert process.returncode == code
    expected = message.format(folder=server.folder, pid=service.process.pid)
    assert expected in process.stderr
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
        "keep": None,
        "days": None,
        "rule": None,
        "path": None,
        "table": None,
        "field_path": None,
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
        "matterhouse: refused, so nothing was published: there are errors: 1; --strict accepts "
        "none: look with `matterhouse rejects --staged"
    )
    assert build.returncode == 1
    assert "refused: 2 files found, 1 loaded, 1 rejected, 0 ignored; 1 error" in build.stdout
    assert any(line.startswith(reason) for line in build.stderr.splitlines())
    assert "Traceback" not in build.stderr
    assert not (tmp_path / "refused" / "current").exists()
    run = server.wait_for_run("the refused build", name={"like_": "build refused"})
    assert (run["state_type"], run["state_name"]) == ("FAILED", "Failed")
    assert run["state"]["message"].startswith("Refused: there are errors: 1; --strict accepts none")


@pytest.mark.slow
@pytest.mark.server
def test_a_server_that_goes_after_the_publish_turns_no_success_into_failure(
    server: Server, raw: Path, tmp_path: Path
) -> None:
    proxy = Proxy(server.port)
    proxy.open()
    url = f"http://127.0.0.1:{proxy.port}/api"
    build = subprocess.Popen(
        [SCRIPTS / "matterhouse", "build", "--json", "--raw", raw],
        cwd=tmp_path,
        env=server.environment | {"PREFECT_API_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "warehouse" / "current").exists():
        assert build.poll() is None
        time.sleep(0.005)
    proxy.close()
    published = time.monotonic()
    printed, said = build.communicate(timeout=PATIENCE_SECONDS)
    # Prefect would try for minutes.
    assert time.monotonic() - published < 60
    assert (build.returncode, json.loads(printed)["status"]) == (0, "published")
    assert "Prefect was not told how the run ended" in said


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
