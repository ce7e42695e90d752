"""What a run by hand read and left out, and what it rebuilt beside what was asked for, in words."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pipelines.reports.commands import render_command, shorten_path
from pipelines.reports.text import count_noun, render_finding, shorten_list
from pipelines.sources.addresses import open_source
from pipelines.warehouse.runs import RunRecord

SHOWN_ERRORS: Final = 10
"""How many errors that were closed, and that are left, are shown as lines."""


def describe_by_hand(record: RunRecord, warehouse: Path) -> Iterator[str]:
    """All of this, a line each. A run that reads all raw files has nothing to say here."""
    yield from describe_replay(record)
    yield from describe_limits(record, warehouse)


def describe_limits(record: RunRecord, warehouse: Path) -> Iterator[str]:
    """A line for months that were rebuilt unasked, and one for raw files that were not read."""
    if record.also_rebuilt:
        months = shorten_list(record.also_rebuilt)
        yield f"also out of date, so rebuilt too, since no snapshot is a mixture: {months}"
    if "error" in record.unread:
        yield f"whether raw files changed since is not known: {record.unread['error']}"
    elif count := count_unread(record.unread):
        command = render_command("build", warehouse=warehouse, raw=record.raw)
        counts = describe_unread(record.unread)
        verb = "was" if count == 1 else "were"
        first = f"the first is {record.unread['first']}" if count > 1 else record.unread["first"]
        yield (
            f"{count_noun(count, 'raw file')} changed since and {verb} not read "
            f"({counts}), {first}: `{command}` reads {'it' if count == 1 else 'them'}"
        )


def describe_replay(record: RunRecord) -> Iterator[str]:
    """What became of the errors of the files that were read again, the first of them as lines."""
    replayed = record.replayed
    if not replayed:
        return
    if not replayed["files"]:
        yield "no error matches, so no file was read again"
        return
    files, closed, left = (replayed[name] for name in ("files", "closed", "left"))
    counts = f"{count_noun(closed, 'error')} closed, {left:,} left"
    yield f"read again: {count_noun(files, 'file')} with errors; {counts}"
    find_file = open_source(record.raw).find_file if record.raw else str
    for title, count, first in (
        ("closed", closed, replayed["first_closed"]),
        ("still rejected", left, replayed["first_left"]),
    ):
        if count:
            yield f"{title}:"
        for finding in first[:SHOWN_ERRORS]:
            yield render_finding(finding, lambda path: shorten_path(find_file(path)))
        if count > SHOWN_ERRORS:
            yield f"and {count - SHOWN_ERRORS:,} more"


def count_unread(unread: dict[str, Any]) -> int:
    """How many raw files were not read, though they are new, changed or deleted."""
    return sum(count for count in unread.values() if isinstance(count, int))


def describe_unread(unread: dict[str, Any]) -> str:
    """How many of each kind there are."""
    counts = {kind: count for kind, count in unread.items() if isinstance(count, int)}
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
