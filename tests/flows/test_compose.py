"""The services of compose.yaml, as processes of this machine: Prefect on a real PostgreSQL.

No image is built and no container runs: commands and variables are those of the file, but for the
names of hosts, ports and folders.
"""

import json
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Archive, post
from tests.flows.deploying import (
    Program,
    Server,
    listening,
    print_file,
    run_program,
    running,
    serving,
)
from tests.flows.service import SCRIPTS, Service, find_port

PASSWORD = "a1b2c3"


def find_postgres() -> Path | None:
    """The folder of the programs of PostgreSQL, which Debian keeps off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    named = shutil.which("initdb")
    return found[-1].parent if found else Path(named).parent if named else None


pytestmark = [
    pytest.mark.slow,
    pytest.mark.server,
    pytest.mark.skipif(not find_postgres(), reason="PostgreSQL is not installed"),
]


@contextmanager
def running_postgres(environment: dict[str, str]) -> Iterator[int]:
    """A PostgreSQL with the user and the database of these variables. Yields its port."""
    programs = find_postgres()
    assert programs
    # It refuses to run as root.
    user = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid} if os.geteuid() == 0 else {}
    port = find_port()
    name = environment["POSTGRES_USER"]
    with tempfile.TemporaryDirectory() as folder:
        if user:
            shutil.chown(folder, **user)
        password = Path(folder) / "password"
        password.write_text(environment["POSTGRES_PASSWORD"], encoding="utf-8")
        made = (programs / "initdb", "-D", f"{folder}/data", "-U", name, "-A", "scram-sha-256")
        options: dict[str, Any] = {"cwd": folder, "check": True, "capture_output": True, **user}
        subprocess.run([*made, "-N", f"--pwfile={password}", "--no-instructions"], **options)
        started = (programs / "postgres", "-D", f"{folder}/data", "-p", str(port), "-k", folder)
        with (
            (Path(folder) / "log").open("wb") as log,
            subprocess.Popen(
                [*started, "-c", "listen_addresses=127.0.0.1", "-F"],
                cwd=folder,
                stdout=log,
                stderr=log,
                **user,
            ) as process,
        ):
            try:
                create_database(programs, environment, port)
                yield port
            finally:
                process.terminate()


def create_database(programs: Path, environment: dict[str, str], port: int) -> None:
    """Create the database as soon as the server takes connections."""
    address = ("-h", "127.0.0.1", "-p", str(port), "-U", environment["POSTGRES_USER"])
    for _ in range(100):
        ready = subprocess.run([programs / "pg_isready", "-q", *address], check=False)
        if ready.returncode == 0:
            break
        time.sleep(0.1)
    run_program(
        *(programs / "createdb", *address, environment["POSTGRES_DB"]),
        environment={"PGPASSWORD": environment["POSTGRES_PASSWORD"]},
    )


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    archive = Archive(tmp_path_factory.mktemp("archive"))
    archive.write("a.md", post())
    return archive


@pytest.fixture(scope="module")
def services(archive: Archive) -> dict[str, Any]:
    """The services of the file, with the password that `.env` would have."""
    text = print_file("compose.yaml", "--raw", archive.raw, "--warehouse", archive.warehouse.root)
    text = text.replace("${POSTGRES_PASSWORD:?put it into .env}", PASSWORD)
    services: dict[str, Any] = yaml.safe_load(text.replace("${POSTGRES_PASSWORD}", PASSWORD))
    return services["services"]  # type: ignore[no-any-return]


def translate(service: dict[str, Any], names: dict[str, str]) -> Program:
    """A service of the file with the hosts, ports and folders that this machine has for it."""

    def replace(text: str) -> str:
        for old, new in names.items():
            text = text.replace(old, new)
        return text

    program, *arguments = service["command"]
    environment = {key: replace(value) for key, value in service["environment"].items()}
    return Program([str(SCRIPTS / program), *map(replace, arguments)], environment)


@pytest.fixture(scope="module")
def server(services: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of the file, on PostgreSQL."""
    folder = tmp_path_factory.mktemp("server")
    port = find_port()
    with running_postgres(services["postgres"]["environment"]) as database:
        names = {
            "postgres:5432": f"127.0.0.1:{database}",
            "0.0.0.0": "127.0.0.1",
            "4200": str(port),
            "/prefect/": f"{folder}/state/",
        }
        service = translate(services["server"], names)
        home = {"PREFECT_HOME": f"{folder}/state"}
        service = service._replace(environment=service.environment | home)
        with serving(service, f"http://127.0.0.1:{port}/api", folder) as server:
            yield server


@pytest.fixture(scope="module")
def serve(
    server: Server, services: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """`serve` of the file."""
    service = translate(services["serve"], {"http://server:4200/api": server.url})
    folder = tmp_path_factory.mktemp("serve")
    home = {"PREFECT_HOME": str(folder / "home")}
    with running(service._replace(environment=service.environment | home), folder) as process:
        process.wait_for("the deployments", lambda: server.list_deployments().get("build/by-hand"))
        yield process


@pytest.mark.usefixtures("serve")
def test_a_deployment_builds_and_its_refusal_calls_the_webhook(
    server: Server, archive: Archive
) -> None:
    run = server.wait_for_end(server.start("build/by-hand"))
    assert run["state_type"] == "COMPLETED", json.dumps(run["state"])
    assert archive.rows("articles").height == 1
    with listening() as webhook:
        alarm = (SCRIPTS / "matterhouse", "alarm", webhook.url)
        run_program(*alarm, environment=server.environment)
        archive.write("b.md", post({"title": None}))
        run = server.wait_for_end(server.start("build/by-hand", strict=True))
        assert run["state_type"] == "FAILED"
        [call] = server.service.wait_for("the call", lambda: webhook.list_about(run["id"]) or None)
    assert call["message"] == run["state"]["message"]


def test_prefect_keeps_its_state_in_postgresql(server: Server) -> None:
    assert [*server.service.log.parent.parent.rglob("prefect.db")] == []
