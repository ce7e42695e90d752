"""The commands, in the order in which people meet them: look, build, read, put right, automate."""

from collections.abc import Sequence
from importlib import import_module
from typing import Final

import typer
from typer.models import CommandInfo

MODULES: Final = {
    "inspect": "looking",
    "build": "writing",
    "status": "reading",
    "rejects": "reading",
    "why": "why",
    "query": "querying",
    "ask": "asking",
    "schema": "schema",
    "catalog": "cataloguing",
    "profile": "profiling",
    "diff": "comparing",
    "snapshots": "reading",
    "runs": "runs",
    "plan": "planning",
    "apply": "planning",
    "hold": "holding",
    "release": "holding",
    "run": "writing",
    "replay": "replaying",
    "backfill": "backfilling",
    "rollback": "writing",
    "verify": "verifying",
    "doctor": "doctoring",
    "prune": "pruning",
    "relink": "relinking",
    "config": "config",
    "serve": "serving",
    "deploy": "deploying",
    "alarm": "alarms",
}
"""The module of each command. Those of other commands are not loaded."""


def declare_commands(app: typer.Typer, words: Sequence[str] = ()) -> None:
    """Let `app` have the command that the `words` of a command line ask for.

    It gets all of them if they ask for none, as with --help, or for one that does not exist.
    """
    asked = next((word for word in words if not word.startswith("-")), "")
    for module in {MODULES[asked]} if asked in MODULES else set(MODULES.values()):
        import_module(f"pipelines.cli.{module}")
    order = list(MODULES)
    app.registered_commands.sort(key=lambda command: order.index(name_command(command)))


def name_command(command: CommandInfo) -> str:
    """What people type for a command."""
    return command.name or str(getattr(command.callback, "__name__", ""))
