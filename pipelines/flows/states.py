"""How a run ends for Prefect: the state, its name and message, and the name of the run.

Automations hear of a state by its name. So a failure is called Failed, whatever it failed of, and
its message begins with the kind of failure.
"""

import pipelines.flows.environment  # noqa: F401, I001  # Before Prefect.

from dataclasses import asdict
from typing import Any, Final, NamedTuple

from prefect import State
from prefect.states import Cancelled, Completed, Failed

from pipelines.errors import HeldError, LockedError, MatterhouseError, RefusedError
from pipelines.reports.advice import explain
from pipelines.reports.commands import whole_paths
from pipelines.reports.run_report import describe_outcome
from pipelines.reports.text import count_noun, escape_text
from pipelines.runs.job import Job
from pipelines.warehouse.runs import RunRecord

Report = dict[str, Any]
"""The record of a run, as JSON types."""

COMPLETED_NAMES: Final = {
    "published": "Published",
    "unchanged": "Unchanged",
    "dry_run": "DryRun",
    "whole": "Whole",
    "repaired": "Repaired",
}
"""The names of states of runs without new errors, by the status in the record."""
WITH_REJECTS: Final = "CompletedWithRejects"
SKIPPED: Final = "Skipped"
LONGEST_NAME: Final = 120


class Ending(NamedTuple):
    """How a run ended: with a record, an error, or both. `job` is None if the options are wrong."""

    name: str
    job: Job | None
    record: RunRecord | None
    error: MatterhouseError | None

    @property
    def new_errors(self) -> int:
        """How many errors among the findings are new."""
        return self.record.new_findings.get("error", 0) if self.record else 0

    @property
    def is_skipped(self) -> bool:
        """Whether the run gave way to another one, or the warehouse is held."""
        return isinstance(self.error, LockedError | HeldError)


def make_state(ending: Ending) -> State[Report]:
    """The final state. If the run did not fail, its result is the record."""
    with whole_paths():
        if ending.error:
            message = escape_text(explain(ending.error))
            if ending.is_skipped:
                return Cancelled(name=SKIPPED, message=message)
            kind = "Refused: " if isinstance(ending.error, RefusedError) else ""
            return Failed(message=f"{kind}{message}")
    record = ending.record
    assert record is not None
    name = WITH_REJECTS if ending.new_errors else COMPLETED_NAMES[record.status]
    return Completed(name=name, message=describe_outcome(record, None), data=asdict(record))


def name_run(ending: Ending) -> str:
    """A name that says what the run did, like `build #41 published +3 ~7 -0, 1 new reject`."""
    if ending.record is None or ending.is_skipped or ending.record.status == "failed":
        verb = "skipped" if ending.is_skipped else "failed"
        return _cut(f"{ending.name} {verb}: {escape_text(ending.error)}")
    record = ending.record
    number = [] if record.snapshot is None else [f"#{record.snapshot}"]
    words = [record.job, *number, record.status.replace("_", " "), *_list_signs(record.changes)]
    new = f", {count_noun(ending.new_errors, 'new reject')}" if ending.new_errors else ""
    return f"{' '.join(words)}{new}"


def _list_signs(changes: dict[str, int]) -> list[str]:
    """The files that came, changed and went, like `+3`, `~7` and `-0`; none if nothing did."""
    if not any(changes.values()):
        return []
    came = changes.get("new", 0) + changes.get("renamed", 0)
    went = changes.get("deleted", 0) + changes.get("newly_ignored", 0)
    return [f"+{came}", f"~{changes.get('changed', 0)}", f"-{went + changes.get('renamed', 0)}"]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 3]}..."
