"""The command line: `matterhouse`."""

import sys

from pipelines.cli import reading, writing
from pipelines.cli.app import app
from pipelines.errors import LockedError, MatterhouseError

LOCKED_EXIT = 75
"""EX_TEMPFAIL of sysexits.h: try again later."""

__all__ = ["app", "main", "reading", "writing"]


def main() -> None:
    """Run the command line; an error of ours is one line, anything else a traceback: a bug."""
    try:
        app()
    except MatterhouseError as error:
        from pipelines.console import print_error

        print_error(str(error))
        sys.exit(LOCKED_EXIT if isinstance(error, LockedError) else 1)
