"""Two and ten runs at once: one wins, the others end with 75 or wait, and name the winner."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.warehouse.runs import list_runs
from tests.conftest import COUNT
from tests.torture.nursery import Outcome
from tests.torture.points import Plan
from tests.torture.stage import Stage

LOCKED = 75
STARTING = "another run that is just starting or ending"
WRITERS = {
    "build": ("build",),
    "images": ("run", "images"),
    "rollback": ("rollback", 1),
    "prune": ("prune", "--keep", 1, "--days", 0),
}


def check_locked(outcome: Outcome, holder: str, pids: set[int]) -> None:
    """Check that it says who holds the lock and since when, and that this is one of the runs."""
    assert outcome.code == LOCKED, outcome
    who = rf"{holder} \(process (\d+) on .+\) since 20\S+, .+ ago; it is at work"
    line = rf"matterhouse: \S+: locked by {who}: wait for it with --wait SECONDS\n"
    told = re.fullmatch(line, outcome.errors)
    assert told, outcome
    assert int(told[1]) in pids


def start_all(stage: Stage, *commands: tuple[object, ...]) -> list[Outcome]:
    pids = [stage.nursery.start(*stage.complete(str(each[0]), *each[1:])) for each in commands]
    return [stage.nursery.wait(pid) for pid in pids]


@pytest.mark.parametrize("_", range(COUNT // 10 or 1))
def test_one_of_ten_builds_publishes_and_the_others_name_it(stage: Stage, _: int) -> None:
    stage.set("old")
    outcomes = start_all(stage, *[("build",)] * 10)
    pids = {outcome.pid for outcome in outcomes}
    for outcome in outcomes:
        if outcome.code:
            check_locked(outcome, "build", pids)
    # A run that came after the first had ended found nothing to do.
    *runs, _first = [run.status for run in list_runs(stage.root, 99)]
    assert runs.count("published") == 1
    assert runs.count("unchanged") == [each.code for each in outcomes].count(0) - 1
    assert stage.archive.warehouse.numbers() == [1, 2]
    stage.repair()


def test_of_ten_builds_that_wait_all_end_well(stage: Stage) -> None:
    stage.set("old")
    outcomes = start_all(stage, *[("build", "--wait", 300)] * 10)
    assert [outcome.code for outcome in outcomes] == [0] * 10
    runs = [run.status for run in list_runs(stage.root, 10)]
    assert (runs.count("published"), runs.count("unchanged")) == (1, 9)
    stage.repair()


@contextmanager
def held(stage: Stage, folder: Path, point: str, *command: object) -> Iterator[int]:
    """A command that stops at `point` as long as the body runs."""
    pipes = (str(folder / "reached"), str(folder / "go"))
    for pipe in pipes:
        os.mkfifo(pipe)
    plan = Plan(point, "before", "hold", held=pipes)
    pid = stage.nursery.start(*stage.complete(str(command[0]), *command[1:]), plan=plan)
    Path(pipes[0]).read_bytes()
    try:
        yield pid
    finally:
        Path(pipes[1]).write_bytes(b"")
        outcome = stage.nursery.wait(pid)
    assert outcome.code == 0, outcome


@pytest.mark.parametrize(
    ("first", "start", "point"),
    [
        ("build", "old", "rename current"),
        ("images", "new", "unlink .lock-holder.json"),
        ("rollback", "new", "rename current"),
        ("prune", "new", "rename staging/pruned-000001"),
    ],
)
def test_a_second_writer_changes_nothing_and_names_the_first(
    stage: Stage, tmp_path: Path, first: str, start: str, point: str
) -> None:
    stage.set(start)
    with held(stage, tmp_path, point, *WRITERS[first]) as pid:
        for second in WRITERS.values():
            check_locked(stage.run(*second), first, {pid})
        assert stage.see() == start
    stage.repair()


def test_the_holder_of_the_lock_is_never_a_killed_run(stage: Stage, tmp_path: Path) -> None:
    stage.set("old")
    killed = stage.run("build", plan=Plan("write staging/draft/manifest.json"))
    assert (stage.root / ".lock-holder.json").exists(), killed
    with held(stage, tmp_path, "write .lock-holder.json", *WRITERS["build"]):
        outcome = stage.run("build")
        assert (outcome.code, STARTING in outcome.errors) == (LOCKED, True), outcome
    stage.repair()


def test_readers_take_no_lock(stage: Stage, tmp_path: Path) -> None:
    stage.set("old")
    with held(stage, tmp_path, "rename current", *WRITERS["build"]):
        for command in (("status",), ("verify",), ("query", "SELECT count(*) FROM articles")):
            assert stage.run(*command).code == 0


@pytest.mark.parametrize("_", range(COUNT // 10 or 1))
def test_all_writers_at_once_leave_a_whole_warehouse(stage: Stage, _: int) -> None:
    stage.set("old")
    for outcome in start_all(stage, *WRITERS.values(), *WRITERS.values()):
        if outcome.code == LOCKED:
            assert re.search(r"locked by (build|images|rollback|prune) \(", outcome.errors), outcome
        elif outcome.code:
            # The only other error is that another run removed the target of the rollback.
            assert "no snapshot 1" in outcome.errors, outcome
    assert stage.see() in ("old", "new")
    stage.repair()
