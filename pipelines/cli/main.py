"""The entry of the command line: `matterhouse`.

Every worker imports this as the script that started its parent, so it loads nothing heavy.
"""

import errno
import gc
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.processes.log_format import FORMAT_VARIABLE, TEXT, is_json, wants_json
from pipelines.processes.streams import open_closed_streams, silence

LOCKED_EXIT = 75
"""EX_TEMPFAIL of sysexits.h: try again later."""
USAGE_EXIT = 2
"""What click ends with, too."""
INTERRUPTED_EXITS = (128 + signal.SIGINT, 128 + signal.SIGTERM)


def main() -> None:
    """Run the command line, and end."""
    try:
        _main()
    except SystemExit as end:
        if "prefect" in sys.modules:
            from pipelines.cli.engine import leave_prefect

            leave_prefect(end.code)
        raise


def _main() -> None:
    """Run a command. An error of ours is one line. Anything else is a bug: a traceback."""
    _prepare()
    if wants_json(sys.argv[1:], os.environ):
        from pipelines.processes.json_lines import json_lines

        with json_lines():
            _run()
    else:
        # The option comes before the variable.
        if is_json():
            os.environ[FORMAT_VARIABLE] = TEXT
        _run()


def _run() -> None:
    try:
        with _flushed():
            _run_app()
    except SystemExit as end:
        if end.code in INTERRUPTED_EXITS:
            _tell("interrupted; what is published is whole")
        raise
    except Exception as error:
        from pipelines.errors import HeldError, LockedError, UsageError

        line = _explain(error)
        if line is None and not is_json():
            raise
        _tell(line, error)
        if isinstance(error, UsageError):
            sys.exit(USAGE_EXIT)
        sys.exit(LOCKED_EXIT if isinstance(error, LockedError | HeldError) else 1)
    finally:
        # Without this, a last search for garbage would delay the end. But DuckDB would report what
        # is left of it as leaks.
        if "duckdb" not in sys.modules:
            gc.freeze()


def _run_app() -> None:
    try:
        from pipelines.cli.app import app
        from pipelines.cli.commands import declare_commands

        declare_commands(app, sys.argv[1:])
        if is_json():
            from pipelines.cli.json_errors import call_app

            call_app(app)
        app()
    except KeyboardInterrupt:
        # Click turns an interrupt into an exit only within a command.
        sys.exit(128 + signal.SIGINT)


def _tell(line: str | None, error: Exception | None = None) -> None:
    """Write why the command line ends. Without a line, the error is a bug."""
    if not is_json():
        sys.stderr.write(f"matterhouse: {line}\n")
        return
    from pipelines.cli.json_errors import write_error

    write_error(error or KeyboardInterrupt(line), line)


@contextmanager
def _flushed() -> Iterator[None]:
    """Write out what was printed, and fail if that fails.

    Otherwise Python would do so when the process ends, with a message of its own and the code 120.
    """
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        except OSError as error:
            silence(sys.stdout.fileno())
            if error.errno != errno.EPIPE:
                raise
            # The reader closed the pipe, as `head` does: exit 1, as click does.
            sys.exit(1)


def _prepare() -> None:
    """Set what must be set before anything is loaded."""
    # What is loaded now stays loaded. Searching it for garbage costs more than it finds.
    gc.set_threshold(50_000)
    open_closed_streams()
    # End when the terminal is closed, but not under `nohup`, which ignores this signal.
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    # Escape what the terminal cannot show, as on standard error.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _explain(error: Exception) -> str | None:
    """What went wrong, in one line; None if it is our bug."""
    from pipelines.errors import (
        MatterhouseError,
        RefusedError,
        SettingsError,
        UnacceptedPlanError,
    )

    if not isinstance(error, MatterhouseError | OSError):
        from pipelines.cli.mistakes import find_schema_mistake

        return find_schema_mistake(error)
    from pipelines.reports.text import escape_text

    if isinstance(error, SettingsError):
        # A line for each mistake.
        return "\n".join(map(escape_text, str(error).split("\n")))
    if isinstance(error, MatterhouseError):
        from pipelines.reports.advice import explain

        is_refused = isinstance(error, RefusedError | UnacceptedPlanError)
        begin = "refused, so nothing was published: " if is_refused else ""
        return escape_text(f"{begin}{explain(error)}")
    is_expected = (
        error.filename or isinstance(error, PermissionError) or error.errno == errno.ENOSPC
    )
    place = error.filename or "standard output"
    return escape_text(f"{place}: {error.strerror}") if is_expected else None
