"""What `matterhouse runs` and a monitor print."""

import json
import time

import pytest

from pipelines.warehouse.runs import list_runs
from tests.conftest import MARCH, Archive, Run, post


def test_runs_lists_what_each_did(built: Archive, run: Run) -> None:
    built.write("_news/d.md", post(MARCH | {"title": None}))
    run("build", "--jobs", "1", "--max-reject-share", "1", "--mapping", "everyday")
    outcome = run("runs")
    header, newest, first = outcome.out.splitlines()
    assert header.split()[:4] == ["run", "status", "snapshot", "changes"]
    assert "published" in newest
    assert "  1 new  " in newest
    assert "  7 new  " in first
    assert "ingest" in run("runs", "--long").out
    assert len(run("runs", "--limit", "1").out.splitlines()) == 2


def test_runs_are_narrowed_by_options(built: Archive, run: Run) -> None:
    assert json.loads(run("runs", "--status", "failed", "--json").out) == []
    assert run("runs", "--job", "rollback").err == "matterhouse: no run matches\n"
    (only,) = json.loads(run("runs", "--job", "build", "--since", "2020-01-01", "--json").out)
    assert only["run_id"] == list_runs(built.warehouse.root, at_most=1)[0].run_id
    assert run("runs", "--since", "yesterday").code == 2


def test_a_run_is_shown_in_full(built: Archive, run: Run) -> None:
    (only,) = list_runs(built.warehouse.root, at_most=1)
    shown = run("runs", only.run_id[:20]).out
    assert f"run_id: {only.run_id}\n" in shown
    assert "changes:\n  new: 7\n" in shown
    assert "[is_closed]" in shown
    assert json.loads(run("runs", only.run_id, "--json").out)["host"] == only.host
    assert run("runs", "nothing").code == run("runs", "").code == 2


def test_a_warehouse_without_runs_says_so(built: Archive, run: Run) -> None:
    for path in (built.warehouse.root / "runs").iterdir():
        path.unlink()
    outcome = run("runs")
    assert (outcome.code, outcome.out) == (0, "")
    assert "no run left a record here" in outcome.err


def test_a_folder_that_is_no_warehouse_is_an_error(run: Run) -> None:
    assert run("runs").code == 1
    assert run("runs", "--warehouse", "gone", "--json").code == 1


@pytest.mark.usefixtures("built")
def test_a_monitor_gets_one_line_and_a_code(run: Run) -> None:
    fine = run("status", "--max-age", "1h30m", "--max-rejects", "99")
    assert (fine.code, len(fine.out.splitlines())) == (0, 1)
    assert ": ok: snapshot 1, last success " in fine.out
    broken = run("status", "--max-rejects", "0", "--max-new-rejects", "0")
    assert (broken.code, len(broken.out.splitlines())) == (1, 1)
    assert json.loads(run("status", "--max-rejects", "0", "--json").out)["broken"]


def test_a_monitor_of_no_warehouse_gets_an_error(run: Run) -> None:
    assert run("status", "--max-age", "2h").code == 1


@pytest.mark.parametrize("wrong", ["2", "x", "1y", "-1h", "", "2h!", "99999999999999d"])
def test_a_duration_that_makes_no_sense_is_wrong_usage(run: Run, wrong: str) -> None:
    assert run("status", "--max-age", wrong).code == 2


def test_a_long_duration_is_refused_at_once(run: Run) -> None:
    began = time.monotonic()
    assert run("status", "--max-age", "1h" * 5_000 + "x").code == 2
    assert time.monotonic() - began < 5
