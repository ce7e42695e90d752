"""The command line: `matterhouse`.

Every worker imports this, as the script that started its parent: it loads nothing by itself.
"""

import gc
import io
import os
import signal
import sys

LOCKED_EXIT = 75
"""EX_TEMPFAIL of sysexits.h: try again later."""
INTERRUPTED_EXITS = (128 + signal.SIGINT, 128 + signal.SIGTERM)


def main() -> None:
    """Run the command line; an error of ours is one line, anything else a traceback: a bug."""
    # What is loaded now is kept: to look for garbage among it costs more than it finds.
    gc.set_threshold(50_000)
    # What a terminal cannot show is escaped, as on standard error.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    # Its streaming engine takes 0.4 ms for a query of a few rows; pandera has one for each column.
    os.environ.setdefault("POLARS_ENGINE_AFFINITY", "in-memory")
    # Where it is installed, pandera loads it for nothing that we use: a quarter of a second.
    sys.modules.setdefault("hypothesis", None)  # type: ignore[arg-type]  # None means: not there.
    from pipelines.cli import reading, writing  # noqa: F401  # They declare the commands.
    from pipelines.cli.app import app
    from pipelines.errors import LockedError, MatterhouseError

    try:
        app()
    except MatterhouseError as error:
        from pipelines.console import print_error

        print_error(str(error))
        sys.exit(LOCKED_EXIT if isinstance(error, LockedError) else 1)
    except SystemExit as end:
        if end.code in INTERRUPTED_EXITS:
            sys.stderr.write("matterhouse: interrupted; nothing is half published\n")
        raise
    except Exception as error:
        from pipelines.cli.mistakes import find_schema_mistake

        mistake = find_schema_mistake(error)
        if mistake is None:
            raise
        sys.stderr.write(f"matterhouse: {mistake}\n")
        sys.exit(1)
    finally:
        # The end would be delayed by a search for garbage among all that was loaded. But what is
        # left of DuckDB then, it reports as leaks.
        if "duckdb" not in sys.modules:
            gc.freeze()
