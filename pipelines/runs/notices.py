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


def note_changes(record: RunRecord, start: Start, ingested: Ingested) -> None:
    """Put into the record, and into the log, which files went, and which are waiting."""
    record.options |= {
        "include": start.globs.include,
        "exclude": start.globs.exclude,
        **start.limits.describe(),
    }
    if ingested.waiting:
        record.changes["waiting"] = ingested.waiting
        record.names["waiting"] = list(ingested.first_waiting)
    notices = list(_list_notices(record, start.limits.settle))
    for notice in notices:
        # %r: a file name may hold control characters, which a terminal would obey.
        logger.info("%s", notice.encode("unicode_escape").decode("ascii"))
    record.message = "; ".join(notices) or None


def _list_notices(record: RunRecord, settle: float) -> Iterator[str]:
    for kind, words in _NOTED.items():
        count = record.changes.get(kind, 0)
        if count:
            names = record.names.get(kind, [])[:SHOWN_NAMES]
            more = f" and {count - len(names):,} more" if count > len(names) else ""
            since = f", written within {settle:g} s" if kind == "waiting" else ""
            yield f"{count:,} {words}{since}: {', '.join(names)}{more}"
