"""The commands: each is found, and only the one that is asked for is loaded."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from pipelines import cli
from pipelines.cli.app import app
from pipelines.cli.commands import MODULES, declare_commands, name_command

ROOT = Path(__file__).parents[2]


def list_loaded(*words: str) -> list[str]:
    """The modules that are loaded to declare the commands that `words` ask for."""
    program = (
        "import sys; from pipelines.cli.app import app\n"
        "from pipelines.cli.commands import declare_commands\n"
        f"declare_commands(app, {list(words)})\n"
        "print(*sys.modules)"
    )
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()


def test_every_command_of_every_module_can_be_asked_for() -> None:
    for path in Path(cli.__file__).parent.glob("*.py"):
        import_module(f"pipelines.cli.{path.stem}")
    declared = {
        name_command(each): getattr(each.callback, "__module__", None)
        for each in app.registered_commands
    }
    assert declared == {name: f"pipelines.cli.{module}" for name, module in MODULES.items()}


def test_commands_are_listed_in_the_order_of_the_work() -> None:
    declare_commands(app)
    assert [name_command(each) for each in app.registered_commands] == list(MODULES)


@pytest.mark.parametrize("words", [["build"], ["--log-format=json", "build"], ["build", "status"]])
def test_only_the_module_of_the_command_asked_for_is_loaded(words: list[str]) -> None:
    loaded = list_loaded(*words)
    assert "pipelines.cli.writing" in loaded
    assert "pipelines.cli.reading" not in loaded


@pytest.mark.parametrize("words", [[], ["--help"], ["--log-format", "json", "build"], ["biuld"]])
def test_all_commands_are_declared_if_none_is_recognized(words: list[str]) -> None:
    loaded = list_loaded(*words)
    assert {f"pipelines.cli.{module}" for module in MODULES.values()} <= {*loaded}


def test_declaring_commands_loads_no_tables() -> None:
    assert {"polars", "pyarrow", "pydantic", "prefect"}.isdisjoint(list_loaded("--help"))
