"""The commands, and the modules that declare them."""

from collections.abc import Sequence
from importlib import import_module
from typing import Final

MODULES: Final = {
    "alarm": "alarms",
    "apply": "planning",
    "build": "writing",
    "config": "config",
    "deploy": "deploying",
    "diff": "comparing",
    "doctor": "doctoring",
    "hold": "holding",
    "inspect": "looking",
    "plan": "planning",
    "prune": "pruning",
    "query": "reading",
    "rejects": "reading",
    "release": "holding",
    "replay": "replaying",
    "rollback": "writing",
    "run": "writing",
    "runs": "runs",
    "schema": "reading",
    "serve": "serving",
    "snapshots": "reading",
    "status": "reading",
    "verify": "verifying",
    "why": "why",
}
"""The module below `pipelines.cli` of each command."""


def declare_commands(arguments: Sequence[str] = ()) -> None:
    """Declare the command that the command line begins with; all of them if it begins otherwise.

    To load and to describe those that nobody asked for takes a fifth of the time of a short
    command.
    """
    asked = MODULES.get(arguments[0]) if arguments else None
    for module in [asked] if asked else sorted(set(MODULES.values())):
        import_module(f"pipelines.cli.{module}")
