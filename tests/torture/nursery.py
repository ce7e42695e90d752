"""A nursery: children that run the real command, forked from a process that has loaded everything.

Run as a program, it is that process. Loading takes a second, forking a child a tenth of one. It
never calls Polars itself, since the threads of Polars would not survive in a child.
"""

import json
import os
import resource
import subprocess
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from schemas.language.registry import load_tables

ROOT = Path(__file__).parents[2]
LOADED = (
    "pipelines.cli.reading",
    "pipelines.cli.writing",
    "pipelines.runs.conclude",
    "pipelines.cli.console",
    "pipelines.runs.ingest",
    "pipelines.runs.maintenance",
    "pipelines.documents.batch",
    "pipelines.runs.rebuild",
    "tests.torture.points",
)
"""The modules that a run imports only when it needs them."""


class Outcome(NamedTuple):
    """How a child ended. `code` is negative if a signal ended it. `points` are those it passed."""

    pid: int
    code: int
    output: str
    errors: str
    points: list[str]


class Nursery:
    """The process that children are forked from."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.nursery"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, *arguments: object, plan: Any = (), most_bytes: int | None = None) -> int:
        """Let a child run `matterhouse` with `arguments` under a `Plan`. Returns its process.

        Args:
            arguments: Those of the command line, the warehouse among them as `--warehouse`.
            plan: What is to befall it.
            most_bytes: The largest file that the child, and its workers, may write.
        """
        return int(self._ask("start", [str(each) for each in arguments], plan, most_bytes))

    def wait(self, pid: int) -> Outcome:
        """Wait until the child has ended."""
        return Outcome(*self._ask("wait", pid))

    def run(self, *arguments: object, **options: Any) -> Outcome:
        """Run a child and wait for it."""
        return self.wait(self.start(*arguments, **options))

    def close(self) -> None:
        """End it."""
        self._process.communicate()

    def _ask(self, *request: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the nursery ended with {self._process.wait()}"
        return json.loads(answer)


def _serve() -> None:
    _load()
    pipes: dict[int, list[int]] = {}
    for line in sys.stdin:
        request, *arguments = json.loads(line)
        if request == "start":
            answer: Any = _fork(pipes, *arguments)
        else:
            (pid,) = arguments
            _, status = os.waitpid(pid, 0)
            output, errors, points = (_drain(pipe) for pipe in pipes.pop(pid))
            answer = (pid, os.waitstatus_to_exitcode(status), output, errors, points.splitlines())
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _load() -> None:
    for name in LOADED:
        import_module(name)
    load_tables()


def _fork(
    pipes: dict[int, list[int]], arguments: list[str], plan: list[Any], most_bytes: int | None
) -> int:
    ends = [os.pipe() for _ in range(3)]
    pid = os.fork()
    if not pid:
        os.setsid()
        for place, (_, write) in enumerate(ends[:2]):
            os.dup2(write, place + 1)
        code = 70
        try:
            code = _run(arguments, plan, most_bytes, ends[2][1])
        finally:
            if sys.exception():
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    for _, write in ends:
        os.close(write)
    pipes[pid] = [read for read, _ in ends]
    return pid


def _run(arguments: list[str], plan: list[Any], most_bytes: int | None, pipe: int) -> int:
    from pipelines.cli.main import main
    from pipelines.processes.workers import Workers
    from tests.torture.points import Plan, Points

    if most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    root = arguments[arguments.index("--warehouse") + 1]
    points = Points(root, Plan(*plan))
    points.install()
    # Workers start with their first task, since most children have none.
    Workers.warm_up = lambda *_: None  # type: ignore[method-assign]
    sys.argv = ["matterhouse", *arguments]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    finally:
        os.write(pipe, "\n".join(points.passed).encode())
    return 0


def _drain(pipe: int) -> str:
    with os.fdopen(pipe, "rb") as file:
        return file.read().decode()


if __name__ == "__main__":
    _serve()
