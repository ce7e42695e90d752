"""A Prefect server, and raw files for its flows."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import post
from tests.flows.service import Server, find_port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Prefect server in a home of its own. It schedules quickly, one run at a time."""
    folder = tmp_path_factory.mktemp("prefect")
    port = find_port()
    url = f"http://127.0.0.1:{port}/api"
    others = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    environment = others | {
        "DO_NOT_TRACK": "1",
        "NO_PROXY": "127.0.0.1",
        "PREFECT_API_URL": url,
        "PREFECT_HOME": str(folder / "home"),
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage."
        "filesystem",
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_RUNS": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_RUNS": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "1",
        "PREFECT_SERVER_UI_ENABLED": "false",
    }
    started = Server.start(port, environment, folder)
    yield started
    started.service.stop()


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A post, and one that was cut short."""
    folder = tmp_path_factory.mktemp("raw")
    (folder / "a.md").write_text(post(), encoding="utf-8")
    (folder / "broken.md").write_text("---\ntitle: x\n", encoding="utf-8")
    return folder
