"""A short command loads its own module alone. So each must be named where they are looked for."""

import subprocess
import sys
from pathlib import Path

import pytest

import pipelines.cli
from pipelines.cli.app import app
from pipelines.cli.commands import MODULES, declare_commands

DECLARED = """
import sys
from pipelines.cli.app import app
from pipelines.cli.commands import declare_commands
declare_commands(sys.argv[1:])
print(*(each.callback.__name__ for each in app.registered_commands))
"""


def list_declared(*arguments: str) -> set[str]:
    """The commands that there are if the command line has these arguments."""
    program = [sys.executable, "-c", DECLARED, *arguments]
    return set(subprocess.run(program, capture_output=True, text=True, check=True).stdout.split())


def test_every_command_is_named_with_the_module_that_declares_it() -> None:
    declare_commands()
    callbacks = [each.callback for each in app.registered_commands if each.callback]
    found = {each.__name__: each.__module__.rpartition(".")[2] for each in callbacks}
    assert found == MODULES


def test_every_module_that_declares_a_command_is_named() -> None:
    modules = Path(pipelines.cli.__file__).parent.glob("*.py")
    declaring = {each.stem for each in modules if "@app.command(" in each.read_text("utf-8")}
    assert declaring == set(MODULES.values())


def test_a_command_does_not_wait_for_the_others() -> None:
    assert list_declared("query", "--help") == {
        name for name, module in MODULES.items() if module == "reading"
    }


@pytest.mark.parametrize(
    "arguments", [(), ("--help",), ("--log-format", "json", "query"), ("qeury",)]
)
def test_all_commands_are_there_if_none_comes_first(arguments: tuple[str, ...]) -> None:
    assert list_declared(*arguments) == MODULES.keys()
