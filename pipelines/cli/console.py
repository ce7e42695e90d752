"""The terminal: tables, progress, and lines of text that cannot control it.

Rich is loaded only to draw. A run without changes does without.
"""

import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from pipelines.processes.log_format import is_json
from pipelines.processes.streams import silence
from pipelines.reports.text import count_noun, describe_counts, escape_json, escape_text
from pipelines.runs.progress import OnProgress, ignore_progress
from pipelines.sources.globs import Globs

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPED_WIDTH: Final = 200
"""The width if the output is no terminal."""
MAX_CELL_CHARACTERS: Final = 100_000
"""The limit for a text in a table. Drawing a text of megabytes takes minutes."""
MAX_GONE: Final = 10
"""How many missing files are named."""


@contextmanager
def ignoring_output_errors() -> Iterator[None]:
    """Print a result. If printing fails, the run still succeeded."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        silence(sys.stdout.fileno())
        print_error(f"standard output: {error.strerror}")


def print_line(line: str) -> None:
    """One line on standard output, escaped."""
    sys.stdout.write(f"{escape_text(line)}\n")


def print_error(line: str) -> None:
    """One line on standard error, escaped."""
    if is_json():
        from pipelines.processes.json_lines import write_line

        write_line(line, "info")
        return
    # A closed terminal must not fail the run.
    with suppress(OSError):
        sys.stderr.write(f"matterhouse: {escape_text(line)}\n")


def print_json(value: Any) -> None:
    """A value for machines."""
    is_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(_as_json(value), indent=1, ensure_ascii=not is_unicode, allow_nan=False)
    sys.stdout.write(f"{escape_json(text)}\n")


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    title: str = "",
    thousands: str = ",",
) -> None:
    """A table. Numbers are aligned to the right, with `thousands` as separator."""
    console = _open_console()
    # Rich would end the process if the reader closed the pipe.
    with console.capture() as capture:
        console.print(_draw_table(columns, rows, title, thousands))
    sys.stdout.write(capture.get())


def print_rows(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table, or a table for each row if there is no room for the longest words."""
    console = _open_console()
    room = console.options.update(max_width=sys.maxsize)
    if console.measure(_draw_table(columns, rows), options=room).minimum <= console.width:
        print_table(columns, rows, thousands="")
    else:
        for number, row in enumerate(rows, 1):
            cells = zip(columns, row, strict=True)
            print_table(("column", "value"), cells, f"row {number}", thousands="")


def print_status(status: dict[str, Any], look: str) -> None:
    """The state of a warehouse. `look` is the command that lists the findings."""
    print_table(
        ("table", "rows", "bytes", "partitions", "newest"),
        [(table, *described.values()) for table, described in status["tables"].items()],
        f"snapshot {status['snapshot']} of {status['warehouse']}, "
        f"published {status['published_at']}",
    )
    if hold := status["hold"]:
        print_line("held since {since} by {who} on {host}: {reason}".format(**hold))
    if status["damage"]:
        print_line(f"damaged: {status['damage']}")
    print_line(f"files: {_list_counts(status['files'])}")
    print_line(f"findings: {_list_findings(status['findings'], look)}")
    if any(status["new_findings"].values()):
        new = ", ".join(
            count_noun(count, severity) for severity, count in status["new_findings"].items()
        )
        print_line(f"  new in the run that published: {new}; add --new to list them")
    stale = {table: len(months) for table, months in status["stale"].items() if months}
    print_line(f"stale partitions: {_list_counts(stale)}")
    _print_raw(dict(status["raw"]))
    shown = ("started_at", "job", "status", "seconds", "snapshot", "message")
    print_table(shown, [[run[name] for name in shown] for run in status["runs"]], "last runs")


def _print_raw(raw: dict[str, Any]) -> None:
    gone = raw.pop("gone", [])
    globs = Globs(tuple(raw.pop("include", ())), tuple(raw.pop("exclude", ())))
    which = f", of those that match {globs}" if globs else ""
    print_line(f"raw files that changed since: {raw.get('error') or describe_counts(raw)}{which}")
    for source_path in gone[:MAX_GONE]:
        print_line(f"  gone: {source_path}")
    if len(gone) > MAX_GONE:
        print_line(f"  and {len(gone) - MAX_GONE:,} more, which --json lists")


def _list_findings(counts: dict[str, int], look: str) -> str:
    """Findings by severity, those of each table, and how to list them."""
    tables: dict[str, dict[str, int]] = {}
    for name, count in counts.items():
        table, severity = name.split(" ")
        tables.setdefault(severity, {})[f"in {table}"] = count
    if not tables:
        return "none"
    listed = (
        f"{count_noun(sum(each.values()), severity)} ({_list_counts(each)})"
        for severity, each in sorted(tables.items())
    )
    option = " --warnings" if "warning" in tables else ""
    return f"{', '.join(listed)}: list them with `{look}{option}`"


def _list_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "none"


def _open_console() -> "Console":
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    return console


def _draw_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    title: str = "",
    thousands: str = "",
) -> "Table":
    from rich.table import Table
    from rich.text import Text

    listed = [list(row) for row in rows]
    table = Table(title=Text(escape_text(title)) if title else None, title_justify="left")
    for place, name in enumerate(columns):
        is_number = bool(listed) and all(isinstance(row[place], int | float) for row in listed)
        table.add_column(
            Text(escape_text(name)), justify="right" if is_number else "left", overflow="fold"
        )
    for row in listed:
        table.add_row(*(Text(_cell(value, thousands)) for value in row))
    return table


@contextmanager
def show_progress() -> Iterator[OnProgress]:
    """Progress bars on standard error, one for each step. None if it is no terminal, or JSON."""
    if is_json() or not sys.stderr.isatty():
        yield ignore_progress
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description:<14}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    bars: dict[str, Any] = {}

    def advance(step: str, done: int, total: int) -> None:
        with suppress(OSError):
            if step not in bars:
                bars[step] = progress.add_task(step, total=total)
            progress.update(bars[step], completed=done)

    with suppress(OSError):
        progress.start()
    try:
        yield advance
    finally:
        with suppress(OSError):
            progress.stop()


def _as_json(value: Any) -> Any:
    """`value` in the types of JSON: text for other types, null for NaN and infinity."""
    if isinstance(value, dict):
        return {str(key): _as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(each) for each in value]
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else str(value)


def _cell(value: object, thousands: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:{thousands}}"
    if isinstance(value, str) and len(value) > MAX_CELL_CHARACTERS:
        more = len(value) - MAX_CELL_CHARACTERS
        return f"{escape_text(value[:MAX_CELL_CHARACTERS])}... and {more:,} characters more: --json"
    return escape_text(value)
