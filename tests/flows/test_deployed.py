"""What `matterhouse deploy` and `matterhouse alarm` set up, on a real Prefect server."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Archive, post
from tests.flows.deploying import (
    Listener,
    Program,
    Server,
    listening,
    print_file,
    read_steps,
    read_unit,
    run_program,
    running,
    serving,
)
from tests.flows.service import SCRIPTS, Service, find_port

pytestmark = [pytest.mark.slow, pytest.mark.server]
README = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deployed")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """The server of matterhouse-server.service."""
    url = f"http://127.0.0.1:{find_port()}/api"
    unit = print_file("matterhouse-server.service", "--api", url, "--warehouse", folder)
    service = read_unit(unit.replace("/var/lib/", f"{folder}/lib/"))
    with serving(service, url, folder) as server:
        yield server


@pytest.fixture(scope="module")
def archives(folder: Path) -> dict[str, Archive]:
    """Two archives. The name of one warehouse is hard to quote."""
    archives = {"": Archive(folder / "first, 100% $HOME"), "second": Archive(folder / "second")}
    for archive in archives.values():
        for number in range(12):
            archive.write(f"_news/{number}.md", post())
    return archives


@pytest.fixture(scope="module")
def deployed(server: Server, archives: dict[str, Archive], folder: Path) -> list[str]:
    """The commands that start workers, after a prefect.yaml for each archive was deployed."""
    workers = []
    for name, archive in archives.items():
        below = folder / f"deployed-{name}"
        below.mkdir()
        text = print_file(
            "prefect.yaml",
            *("--raw", archive.raw, "--warehouse", archive.warehouse.root),
            *("--cron", "30 4 * * *", "--timezone", "Europe/Oslo"),
            *(("--name", name) if name else ()),
        )
        (below / "prefect.yaml").write_text(text, encoding="utf-8")
        create_pool, deploy, start_worker = read_steps(text)
        if not workers:
            run_program(*shlex.split(create_pool), environment=server.environment)
        run_program(*shlex.split(deploy), environment=server.environment, folder=below)
        workers.append(start_worker)
    return workers


@pytest.fixture(scope="module")
def worker(server: Server, deployed: list[str], folder: Path) -> Iterator[Service]:
    """A worker that may use the folders of both warehouses."""
    assignments = [shlex.split(command)[0].partition("=") for command in deployed]
    allowed = ":".join(value for _, _, value in assignments)
    words = shlex.split(deployed[0])[1:]
    environment = server.environment | {assignments[0][0]: allowed}
    with running(Program(words, environment), folder / "worker") as process:
        yield process


@pytest.fixture(scope="module")
def webhook(server: Server) -> Iterator[Listener]:
    """A webhook that `matterhouse alarm` was told of."""
    with listening() as listener:
        set_alarm(server, listener.url, "--late", "10")
        yield listener


def set_alarm(server: Server, *arguments: str) -> str:
    command = (SCRIPTS / "matterhouse", "alarm", *arguments)
    return run_program(*command, environment=server.environment)


def test_a_work_pool_has_the_deployments_of_two_warehouses(
    server: Server, deployed: list[str]
) -> None:
    assert deployed
    found = server.list_deployments()
    assert {
        name: (
            each["concurrency_options"]["collision_strategy"],
            each["global_concurrency_limit"]["limit"],
            [
                (schedule["schedule"]["cron"], schedule["schedule"]["timezone"])
                for schedule in each["schedules"]
            ],
        )
        for name, each in found.items()
        if name.startswith("build/")
    } == {
        "build/scheduled": ("CANCEL_NEW", 1, [("30 4 * * *", "Europe/Oslo")]),
        "build/by-hand": ("ENQUEUE", 1, []),
        "build/second-scheduled": ("CANCEL_NEW", 1, [("30 4 * * *", "Europe/Oslo")]),
        "build/second-by-hand": ("ENQUEUE", 1, []),
    }
    assert {each["work_pool_name"] for each in found.values()} == {"matterhouse"}
    assert all("matterhouse" in each["tags"] for each in found.values())


def test_a_worker_builds_each_warehouse(
    server: Server, worker: Service, webhook: Listener, archives: dict[str, Archive]
) -> None:
    runs = [server.start(f"build/{name}") for name in ("by-hand", "second-by-hand")]
    ended = [server.wait_for_end(run) for run in runs]
    assert [each["state_type"] for each in ended] == ["COMPLETED", "COMPLETED"], worker.log
    assert [archive.rows("articles").height for archive in archives.values()] == [12, 12]
    assert server.service.wait_for("the log of the tables", lambda: find_own_lines(server, runs[0]))
    assert webhook.list_about(runs[0]) == []


def find_own_lines(server: Server, run_id: str) -> list[str] | None:
    """What our code wrote into the log of a run. The log arrives later than the state."""
    lines = server.ask("logs/filter", {"logs": {"flow_run_id": {"any_": [run_id]}}})
    return [each["message"] for each in lines if each["name"].startswith("pipelines.")] or None


@pytest.mark.usefixtures("worker")
def test_a_refused_run_calls_the_webhook(
    server: Server, webhook: Listener, archives: dict[str, Archive]
) -> None:
    for number in range(6):
        archives["second"].write(f"_news/{number}.md", post({"title": None}))
    run = server.wait_for_end(server.start("build/second-by-hand"))
    assert run["state_type"] == "FAILED"
    [call] = server.service.wait_for("the call", lambda: webhook.list_about(run["id"]) or None)
    assert call["message"] == run["state"]["message"]
    page = f"{server.url.removesuffix('/api')}/runs/flow-run/{run['id']}"
    assert call["text"] == f"matterhouse: build/second-by-hand: {call['message']} {page}"


@pytest.mark.usefixtures("deployed")
def test_a_run_that_nobody_takes_calls_the_webhook(server: Server, webhook: Listener) -> None:
    run_program("prefect", "work-pool", "pause", "matterhouse", environment=server.environment)
    try:
        run = server.start("ingest/by-hand")
        [call] = server.service.wait_for("the call", lambda: webhook.list_about(run) or None)
    finally:
        run_program("prefect", "work-pool", "resume", "matterhouse", environment=server.environment)
    assert "does not start" in call["text"]


@pytest.mark.usefixtures("deployed")
def test_a_run_that_died_without_a_word_ends_as_crashed_and_calls_the_webhook(
    server: Server, webhook: Listener
) -> None:
    set_alarm(server, webhook.url, "--silent", "10")
    try:
        run = server.start("images/by-hand")
        server.ask(f"flow_runs/{run}/set_state", {"state": {"type": "RUNNING"}, "force": True})
        assert server.wait_for_end(run)["state_type"] == "CRASHED"
    finally:
        # On a busy machine, healthy runs are silent for longer.
        set_alarm(server, webhook.url)
    [call] = server.service.wait_for("the call", lambda: webhook.list_about(run) or None)
    assert "no sign of life" in call["message"]


def test_a_deployment_starts_after_each_snapshot(
    server: Server, worker: Service, archives: dict[str, Archive], tmp_path: Path
) -> None:
    [text] = re.findall(r"(?ms)^```yaml\n(deployments:.*?)^```$", README)
    (tmp_path / "prefect.yaml").write_text(f"pull: []\n{text}", encoding="utf-8")
    program = "from prefect import flow\n@flow\ndef report(number: int): return number\n"
    (tmp_path / "report.py").write_text(program, encoding="utf-8")
    run_program("prefect", "deploy", "--all", environment=server.environment, folder=tmp_path)
    deployment = server.list_deployments()["report/after-each-snapshot"]["id"]
    which = {"flow_runs": {"deployment_id": {"any_": [deployment]}}}
    archives[""].write("_news/new.md", post())
    run = server.wait_for_end(server.start("build/by-hand"))
    assert run["state_name"] == "Published", run["state"]
    [started] = server.service.wait_for(
        "the run after it", lambda: server.ask("flow_runs/filter", which) or None
    )
    assert started["parameters"] == {"number": archives[""].snapshot.number}
    assert worker.process.poll() is None


def test_alarms_are_replaced_and_removed(server: Server, webhook: Listener) -> None:
    set_alarm(server, webhook.url)
    assert len(list_alarms(server)) == 3
    assert "Removed 3 alarms" in set_alarm(server, "--off")
    assert list_alarms(server) == []
    assert "There was no alarm" in set_alarm(server, "--off")


def list_alarms(server: Server) -> list[str]:
    """The names of the alarms. Triggers of deployments are automations, too."""
    names = [each["name"] for each in server.ask("automations/filter", {})]
    return [name for name in names if name.startswith("matterhouse: ")]
