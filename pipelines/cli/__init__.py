"""The command line: `matterhouse`.

Every worker imports this, as the script that started its parent: it loads nothing heavy by itself.
"""

import errno
import gc
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.processes.streams import open_closed_streams, silence

LOCKED_EXIT = 75
"""EX_TEMPFAIL of sysexits.h: try again later."""
INTERRUPTED_EXITS = (128 + signal.SIGINT, 128 + signal.SIGTERM)


def main() -> None:
    """Run the command line; an error of ours is one line, anything else a traceback: a bug."""
    _prepare()
    try:
        with _flushed():
            _run_app()
    except SystemExit as end:
        if end.code in INTERRUPTED_EXITS:
            sys.stderr.write("matterhouse: interrupted; what is published is whole\n")
        raise
    except Exception as error:
        from pipelines.errors import LockedError

        line = _explain(error)
        if line is None:
            raise
        sys.stderr.write(f"matterhouse: {line}\n")
        sys.exit(LOCKED_EXIT if isinstance(error, LockedError) else 1)
    finally:
        # The end would be delayed by a search for garbage among all that was loaded. But what is
        # left of DuckDB then, it reports as leaks.
        if "duckdb" not in sys.modules:
            gc.freeze()


def _run_app() -> None:
    try:
        from pipelines.cli import reading, writing  # noqa: F401  # They declare the commands.
        from pipelines.cli.app import app

        app()
    except KeyboardInterrupt:
        # Click turns an interrupt within a command into an exit, but none that comes before.
        sys.exit(128 + signal.SIGINT)


@contextmanager
def _flushed() -> Iterator[None]:
    """Write out what was printed, also where click ends with SystemExit; if that fails, so do we.

    Left to the exit of the process, Python would say so in words of its own, with the code 120.
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
            # Who reads the pipe wants no more, as `head` after its lines: click ends so, too.
            sys.exit(1)


def _prepare() -> None:
    """Set what must be set before anything is loaded."""
    # What is loaded now is kept: to look for garbage among it costs more than it finds.
    gc.set_threshold(50_000)
    open_closed_streams()
    # A terminal that is closed says so; not one that `nohup` has us outlive.
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    # What a terminal cannot show is escaped, as on standard error.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    # Its streaming engine takes 0.4 ms for a query of a few rows; pandera has one for each column.
    os.environ.setdefault("POLARS_ENGINE_AFFINITY", "in-memory")
    # Where it is installed, pandera loads it for nothing that we use: a quarter of a second.
    sys.modules.setdefault("hypothesis", None)  # type: ignore[arg-type]  # None means: not there.


def _explain(error: Exception) -> str | None:
    """What went wrong, in one line; null if that is our bug."""
    from pipelines.errors import MatterhouseError

    if not isinstance(error, MatterhouseError | OSError):
        from pipelines.cli.mistakes import find_schema_mistake

        return find_schema_mistake(error)
    from pipelines.reports.text import escape_text

    if isinstance(error, MatterhouseError):
        return escape_text(error)
    is_told = error.filename or isinstance(error, PermissionError) or error.errno == errno.ENOSPC
    place = error.filename or "standard output"
    return escape_text(f"{place}: {error.strerror}") if is_told else None
