"""doctor: a page of checks that finds what would stop a build, and shows no secret."""

import errno
import fcntl
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NoReturn

import pytest

from pipelines.reports import machine_health
from pipelines.warehouse.hold import hold_warehouse
from pipelines.warehouse.probe import Probe, probe_disk
from pipelines.warehouse.runs import RunRecord
from pipelines.warehouse.space import Space
from tests.conftest import Archive, Run, post

NAMES = ["versions", "platform", "disk", "temporary", "locks", "links", "clock", "holder", "hold",
         "server", "settings", "raw", "warehouse", "staging", "last run"]  # fmt: skip


def examine(run: Run, *options: str) -> dict[str, dict[str, str]]:
    """The checks by name; a later one of the same name counts."""
    outcome = run("doctor", "--json", *options)
    checks = json.loads(outcome.out)
    has_problem = any(each["status"] == "problem" for each in checks)
    assert outcome.code == int(has_problem)
    return {each["name"]: each for each in checks}


def test_a_healthy_warehouse_has_no_problem(built: Archive, run: Run) -> None:
    before = sorted(built.warehouse.root.iterdir())
    outcome = run("doctor")
    assert (outcome.code, outcome.err) == (0, "")
    for name in NAMES:
        assert f" {name} " in outcome.out
    assert f"{built.raw}: 7 files" in outcome.out
    assert "0 problems" in outcome.out
    assert sorted(built.warehouse.root.iterdir()) == before


def test_before_the_first_build_nothing_is_wrong_but_that(archive: Archive, run: Run) -> None:
    archive.write("a.md", post())
    checks = examine(run)
    assert checks["warehouse"]["status"] == "warning"
    assert checks["warehouse"]["advice"] == "run `matterhouse build`"
    assert checks["raw"]["status"] == "ok"
    assert not archive.warehouse.root.exists()


def test_a_missing_file_is_a_problem_and_how_to_repair_it_is_said(built: Archive, run: Run) -> None:
    next(iter(built.snapshot.list_files("articles").values())).unlink()
    warehouse = examine(run)["warehouse"]
    assert warehouse["status"] == "problem"
    assert "`matterhouse verify --repair`" in warehouse["advice"]


def test_raw_files_that_are_not_there_are_a_problem(built: Archive, run: Run) -> None:
    built.raw.rename(built.raw.parent / "elsewhere")
    assert examine(run)["raw"]["status"] == "problem"
    built.raw.mkdir()
    assert examine(run)["raw"]["advice"] == "check that its disk is mounted"
    assert examine(run, "--raw", "elsewhere")["raw"]["status"] == "ok"


def test_settings_that_make_no_sense_are_a_problem_with_their_line(
    built: Archive, run: Run
) -> None:
    (built.raw.parent / "matterhouse.toml").write_text('[articles]\ntittle = "x"\n')
    settings = examine(run)["settings"]
    assert settings["status"] == "problem"
    assert "matterhouse.toml:2: articles.tittle" in settings["message"]


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("space", "inodes", "status"),
    [
        (Space(0, 10**12), 10**6, "problem"),
        (Space(10**11, 10**12), 0, "problem"),
        (Space(10**9, 10**12), 10**6, "warning"),
        (Space(10**11, 10**12), 99, "warning"),
        (Space(10**11, 10**12), None, "ok"),
    ],
)
def test_a_disk_that_gets_full_is_said(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    space: Space,
    inodes: int | None,
    status: str,
) -> None:
    monkeypatch.setattr(machine_health, "measure_space", lambda _: space)
    monkeypatch.setattr(machine_health, "count_free_inodes", lambda _: inodes)
    assert examine(run)["disk"]["status"] == status


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("probe", "name", "status"),
    [
        (Probe("Function not implemented", None, None, 0), "locks", "problem"),
        (Probe(None, "Operation not permitted", None, 0), "links", "warning"),
        (Probe(None, None, "Operation not permitted", 0), "links", "problem"),
        (Probe(None, None, None, -90), "clock", "warning"),
    ],
)
def test_what_a_disk_cannot_do_is_said(
    run: Run, monkeypatch: pytest.MonkeyPatch, probe: Probe, name: str, status: str
) -> None:
    monkeypatch.setattr(machine_health, "probe_disk", lambda _: probe)
    assert examine(run)[name]["status"] == status


def test_a_disk_is_really_tried_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = probe_disk(tmp_path)
    assert (found.locks, found.hard_links, found.symbolic_links) == (None, None, None)
    assert abs(found.clock_seconds) < 2
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    assert probe_disk(tmp_path).locks == "a lock holds nobody off"

    def refuse(*_: object) -> NoReturn:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    assert probe_disk(tmp_path).hard_links == "Operation not permitted"
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_nobody_may_write_to_is_a_problem(
    built: Archive, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> NoReturn:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(built.warehouse.root))

    monkeypatch.setattr("pipelines.warehouse.probe.mkdtemp", refuse)
    locks = examine(run)["locks"]
    assert locks["status"] == "problem"
    assert "; this runs as " in locks["message"]


@pytest.mark.parametrize(
    ("status", "message", "shown"),
    [("failed", "the disk is full", "warning"), ("running", None, "warning"),
     ("damaged", "snapshot 1 is damaged", "problem"), ("unchanged", None, "ok")],
)  # fmt: skip
def test_the_last_run_is_judged(
    built: Archive, run: Run, status: str, message: str | None, shown: str
) -> None:
    now = datetime.now(UTC)
    RunRecord(
        run_id=f"{now:%Y%m%dT%H%M%S%fZ}-build-1",
        job="build",
        engine="local",
        started_at=now.isoformat(),
        options={},
        status=status,
        message=message,
    ).write(built.warehouse.root)
    assert examine(run)["last run"]["status"] == shown


def test_what_lies_in_staging_is_explained(built: Archive, run: Run) -> None:
    built.write("bad.md", post({"title": None}))
    run("build", "--strict")
    staging = examine(run)["staging"]
    assert (staging["status"], "rejects --staged" in staging["message"]) == ("ok", True)
    built.warehouse.clear_staging()
    (built.warehouse.root / "staging" / "left").write_text("x")
    assert examine(run)["staging"]["status"] == "warning"


def test_a_hold_is_shown_with_its_reason(built: Archive, run: Run) -> None:
    hold_warehouse(built.warehouse.root, "we look at the last feed")
    hold = examine(run)["hold"]
    assert hold["status"] == "warning"
    assert hold["message"].endswith(": we look at the last feed")
    assert "`matterhouse release`" in hold["advice"]


class Api(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"true" if self.path.endswith("/health") else b'"3.9.1"')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    """That of a server that answers like Prefect."""
    server = HTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("built")
def test_the_version_of_the_server_is_shown_and_no_password(
    run: Run, monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{port}/api")
    assert examine(run)["server"]["message"].endswith("answers, version 3.9.1")
    monkeypatch.setenv("PREFECT_API_URL", f"http://me:hunter2@127.0.0.1:{port}/api?key=hunter2")
    monkeypatch.setenv("PREFECT_API_KEY", "hunter2")
    assert "hunter2" not in run("doctor").out


@pytest.mark.usefixtures("built")
def test_a_server_that_does_not_answer_is_a_warning(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    assert examine(run)["server"]["status"] == "warning"


def test_a_damaged_warehouse_stops_no_other_check(built: Archive, run: Run) -> None:
    (built.snapshot.folder / "manifest.json").write_text("{")
    checks = examine(run)
    assert checks["warehouse"]["status"] == "problem"
    assert list(checks) == NAMES


@pytest.mark.usefixtures("built")
def test_the_folder_of_temporary_files_is_looked_at(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    assert examine(run)["temporary"]["message"].startswith(f"{tmp_path}: ")
