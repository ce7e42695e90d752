"""The command line as a process: its streams, its signals, and what it loads."""

import contextlib
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.cli.main import main
from pipelines.warehouse.damage import list_damages
from pipelines.warehouse.lock import hold_lock
from tests.conftest import Archive, Run, post

PROGRAM = (sys.executable, "-c", "from pipelines.cli.main import main; main()")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_to_a_full_disk_fails_with_one_line(unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [*PROGRAM, "schema", "files"],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    assert process.returncode == 1
    assert process.stderr == b"matterhouse: standard output: No space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_output_to_a_closed_stream_is_ignored(archive: Archive, closed: str) -> None:
    archive.write("bad.md", "---\na: [\n---\n")
    command = shlex.join([*PROGRAM, "build", "--raw", "raw", "--warehouse", "warehouse"])
    process = subprocess.run(
        ["sh", "-c", f"{command} {closed}"],
        cwd=archive.raw.parent,
        capture_output=True,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, b"")
    assert list_damages(archive.warehouse.pin().folder) == []


def test_a_silenced_stream_is_open_even_if_it_was_closed() -> None:
    program = "import os; from pipelines.processes.streams import silence; silence(2); os.fstat(2)"
    command = f"{shlex.join([sys.executable, '-c', program])} 2>&-"
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 0


def test_workers_inherit_streams_that_were_closed() -> None:
    program = (
        "import os; from pipelines.processes.streams import open_closed_streams;"
        "open_closed_streams();"
        "os._exit(not all(map(os.get_inheritable, range(3))))"
    )
    command = f"{shlex.join([sys.executable, '-c', program])} <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 0


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
@pytest.mark.usefixtures("built")
def test_a_run_that_waits_can_be_interrupted(archive: Archive, number: int, code: int) -> None:
    with hold_lock(archive.warehouse.root, "build"):
        process = subprocess.Popen(
            [*PROGRAM, "build", "--wait", "60", "--raw", archive.raw],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "MATTERHOUSE_WAREHOUSE": str(archive.warehouse.root)},
        )
        lock = (archive.warehouse.root / ".lock").stat().st_ino
        while not any(_is_open(process.pid, lock)):
            time.sleep(0.05)
        process.send_signal(number)
        assert process.communicate()[1] == "matterhouse: interrupted; what is published is whole\n"
    assert process.returncode == code


def _is_open(pid: int, inode: int) -> Iterator[bool]:
    """Whether each open file of a process is that one."""
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield path.stat().st_ino == inode


@pytest.mark.parametrize(
    "command", ["--help", "status", "rejects", "query 'SELECT 1'", "build --jobs 1"]
)
def test_commands_that_compute_nothing_load_neither_pandera_nor_prefect(
    archive: Archive, run: Run, command: str
) -> None:
    archive.age()
    run("build", "--jobs", "1")
    loaded = list_loaded(command)
    assert "typer" in loaded
    assert loaded.isdisjoint({"pandera", "prefect"})


def test_a_run_that_prints_to_a_log_does_not_load_rich(archive: Archive) -> None:
    archive.write("a.md", post())
    loaded = list_loaded(f"build --raw {archive.raw} --warehouse {archive.warehouse.root}")
    assert "pandera" in loaded
    assert loaded.isdisjoint({"prefect", "rich"})


def list_loaded(command: str) -> set[str]:
    """The packages that a command loads in a process of its own."""
    program = (
        "import sys; from pipelines.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    process = subprocess.run(
        [sys.executable, "-c", program, *shlex.split(command)],
        capture_output=True,
        text=True,
        check=True,
        # Use this code, not what is installed.
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    return set(process.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_any_text_is_shown_on_any_terminal(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    archive.write("ü.md", post({"title": "ü\N{SNOWMAN}\N{GRINNING FACE}", "heat": "\N{SNOWMAN}"}))
    archive.run()

    def show(*command: str) -> str:
        terminal = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, "stdout", terminal)
        monkeypatch.setattr(sys, "argv", ["matterhouse", *command])
        monkeypatch.setenv("MATTERHOUSE_WAREHOUSE", str(archive.warehouse.root))
        with contextlib.suppress(SystemExit):
            main()
        terminal.seek(0)
        return terminal.read()

    (row,) = json.loads(
        show(
            "query",
            "--json",
            "SELECT front_matter ->> '$.title' AS title, source_path FROM documents",
        )
    )
    assert row == {"title": "ü\N{SNOWMAN}\N{GRINNING FACE}", "source_path": "ü.md"}
    assert 'heat: found "\\u2603"' in show("rejects")
    assert "\\u2603\\U0001f600" in show("query", "SELECT front_matter ->> '$.title' FROM documents")


@pytest.mark.parametrize(
    ("output", "options"), [("/dev/full", ""), ("a pipe that nobody reads", " --json")]
)
@pytest.mark.usefixtures("built")
def test_a_run_succeeds_even_if_its_result_cannot_be_printed(
    archive: Archive, output: str, options: str
) -> None:
    archive.write("_news/new.md", post())
    if output == "/dev/full":
        descriptor = os.open(output, os.O_WRONLY)
    else:
        unread, descriptor = os.pipe()
        os.close(unread)
    process = subprocess.run(
        [*PROGRAM, *f"build --raw raw --warehouse warehouse --jobs 1{options}".split()],
        cwd=archive.raw.parent,
        stdout=descriptor,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(descriptor)
    assert process.returncode == 0
    assert re.fullmatch(r"matterhouse: standard output: [A-Z].+\n", process.stderr)
    assert archive.warehouse.pin().number == 2


def test_a_package_of_the_user_called_schemas_is_not_taken_for_ours(archive: Archive) -> None:
    archive.write("a.md", post())
    theirs = archive.raw.parent / "schemas"
    theirs.mkdir()
    (theirs / "__init__.py").write_text("X = 1\n")
    # Python looks here first, and only then in the path where ours is.
    found = os.pathsep.join([str(archive.raw.parent), *sys.path])
    done = subprocess.run(
        [*PROGRAM, "build"],
        cwd=archive.raw.parent,
        env={**os.environ, "PYTHONPATH": found},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
