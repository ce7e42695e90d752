"""Notices: what an operator should hear of, even of a run that succeeds."""

import logging
from collections.abc import Iterator
from typing import Final

from pipelines.runs.start import Start
from pipelines.runs.state import Ingested
from pipelines.warehouse.runs import RunRecord

logger = logging.getLogger(__name__)

SHOWN_NAMES: Final = 3
"""How many files a notice names."""
_NOTED: Final = {"deleted": "deleted", "newly_ignored": "newly ignored", "waiting": "waiting"}
"""The kinds of changes that take rows out of the tables, or keep them out for now."""


def note_choices(record: RunRecord, start: Start, ingested: Ingested) -> None:
    """Put into the record which files were chosen, by which limits, and which are waiting."""
    globs = {"include": start.globs.include, "exclude": start.globs.exclude}
    record.options |= {**globs, **start.limits.describe()}
    if ingested.waiting:
        record.changes["waiting"] = ingested.waiting
        record.names["waiting"] = list(ingested.first_waiting)


def note_losses(record: RunRecord) -> None:
    """Let the message of a run that succeeded, and the log, say which files went or are waiting."""
    notices = list(_list_notices(record))
    for notice in notices:
        logger.info("%s", notice)
    record.message = "; ".join(notices) or None


def _list_notices(record: RunRecord) -> Iterator[str]:
    for kind, words in _NOTED.items():
        if count := record.changes.get(kind, 0):
            names = record.names.get(kind, [])[:SHOWN_NAMES]
            more = f" and {count - len(names):,} more" if count > len(names) else ""
            since = f", written within {record.options['settle']:g} s" if kind == "waiting" else ""
            yield f"{count:,} {words}{since}: {', '.join(map(_show, names))}{more}"


def _show(name: str) -> str:
    """A name that a terminal cannot obey, even in a log."""
    return name if name.isprintable() else repr(name)
