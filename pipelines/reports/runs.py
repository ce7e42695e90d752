"""What is asked about runs: a list, one in full, and the records behind the view `runs`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.errors import UsageError
from pipelines.warehouse.history import select_runs
from pipelines.warehouse.runs import RunRecord, list_run_ids


def find_run(root: Path, wanted: str) -> RunRecord:
    """The run whose id is `wanted`, or begins so.

    Raises:
        UsageError: There is none, or there are several.
    """
    if not wanted.strip():
        raise UsageError("found nothing, expected the id of a run", "RUN_ID")
    ids = list_run_ids(root)
    found = [wanted] if wanted in ids else [each for each in ids if each.startswith(wanted)]
    if len(found) > 1:
        raise UsageError(f'"{wanted}" begins {len(found):,} ids of runs, like {found[0]}', "RUN_ID")
    run = next(select_runs(root, begins=found[0]), None) if found else None
    if run is None:
        raise UsageError(f'found no record of a run "{wanted}"', "RUN_ID")
    return run


def describe_run(run: RunRecord) -> dict[str, Any]:
    """A run as JSON types."""
    return asdict(run)


def list_run_records(root: Path) -> list[str]:
    """The record of each run as JSON, the newest first: what the view `runs` is made from."""
    return [_render(asdict(run)) for run in select_runs(root)]


def _render(values: dict[str, Any]) -> str:
    """As JSON that is UTF-8, whatever a path is made of."""
    text = json.dumps(values, default=str, ensure_ascii=False)
    return text.encode(errors="replace").decode()
