"""Killed anywhere: readers see the old or the new state whole, and the next build needs no help."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import COUNT
from tests.torture.nursery import ROOT
from tests.torture.points import Plan
from tests.torture.stage import Stage

COMMANDS = {
    "the first build": ("nothing", "build", "--jobs", "1"),
    "a build": ("old", "build"),
    "a rollback": ("new", "rollback", "1"),
    "a prune": ("new", "prune", "--keep", "1", "--days", "0"),
    "a full build": ("old", "build", "--full", "--jobs", "1"),
}
"""By name: the state of the warehouse, and the command that is killed."""

PUBLISHES = re.compile(
    r"replace|write \S+/manifest.json|sync|rename (current|articles|snap\S+|\S+pruned)"
)
"""The points of the publish sequence, where a kill would do the most harm."""


@pytest.mark.parametrize("name", list(COMMANDS)[: None if COUNT else 4])
def test_a_run_that_is_killed_at_any_point_leaves_a_whole_warehouse(
    stage: Stage, name: str
) -> None:
    start, *command = COMMANDS[name]
    stage.set(start)
    points = stage.run(*command).points
    end = stage.see()
    for point in choose_points(name, points, first=0):
        # For a kill, after one call is the same as before the next.
        for when in ("before", "after") if COUNT or point == "sync root" else ("before",):
            stage.set(start)
            outcome = stage.run(*command, plan=Plan(point, when))
            assert outcome.code == -signal.SIGKILL, f"{when} {point}: {outcome}"
            assert stage.see() in (start, end), f"{when} {point}"
            stage.repair()
    sys.stdout.write(f"{name}: {len(points)} points\n")


def choose_points(name: str, points: list[str], first: int) -> list[str]:
    """All points, or every other one of publishing if there is little time."""
    if COUNT:
        return points
    pattern = "rename (articles|current)" if name == "the first build" else PUBLISHES
    return [point for point in points if re.match(pattern, point)][first::2]


BUILDS: dict[str, tuple[list[str], int | None]] = {
    "incremental": ([], None),
    "full": (["--full"], None),
    "rebuilt by workers": (["--full"], 0),
}
"""By name: the options of a build, and the bytes from which on workers rebuild months."""


@pytest.mark.parametrize("name", list(BUILDS)[: None if COUNT else 2])
def test_a_build_that_is_killed_at_any_moment_leaves_a_whole_warehouse(
    large: Stage, name: str
) -> None:
    options, large_bytes = BUILDS[name]
    seconds = measure_build(large, options, large_bytes) if COUNT else 1.0
    seen = []
    for _ in range(COUNT // 2 or 1):
        large.set("old")
        build = start_build(large, options, large_bytes)
        time.sleep(random.uniform(0, seconds))
        os.killpg(build.pid, signal.SIGKILL)
        build.wait()
        seen.append(large.see())
        assert seen[-1] in ("old", "new")
        large.repair()
    sys.stdout.write(
        f"{name}: {len(seen)} kills within {seconds:.1f} s, {seen.count('new')} of them late\n"
    )


def measure_build(stage: Stage, options: list[str], large_bytes: int | None) -> float:
    """The seconds that an undisturbed run takes."""
    stage.set("old")
    started = time.monotonic()
    assert start_build(stage, options, large_bytes).wait() == 0
    return time.monotonic() - started


def start_build(
    stage: Stage, options: list[str], large_bytes: int | None = None
) -> subprocess.Popen[bytes]:
    """The real command, in a session of its own, so its workers die with it.

    In archives of `large_bytes` or more, workers rebuild the months.
    """
    code = ""
    if large_bytes is not None:
        code = (
            f"import pipelines.runs.rebuild; pipelines.runs.rebuild.LARGE_BYTES = {large_bytes}\n"
        )
    code += "from pipelines.cli.main import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, stage.complete("build", *options))],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def test_workers_end_with_a_run_that_is_killed_alone(large: Stage) -> None:
    large.set("old")
    build = start_build(large, ["--full"])
    while len(workers := list_children(build.pid)) < 3:
        assert build.poll() is None
    build.kill()
    build.wait()
    deadline = time.monotonic() + 20
    while any(is_alive(worker) for worker in workers):
        assert time.monotonic() < deadline, "a worker lives on"
        time.sleep(0.05)
    large.repair()


def list_children(pid: int) -> list[int]:
    """The processes that any thread of `pid` started."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        texts = [(thread / "children").read_text() for thread in threads]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(each) for text in texts for each in text.split()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
