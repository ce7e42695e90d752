"""What is asked about runs: a list, one in full, and the view `runs` of a query."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.errors import UsageError
from pipelines.warehouse.history import read_time, select_runs
from pipelines.warehouse.runs import RunRecord, list_run_ids

_TIME: Final = pa.timestamp("us", "UTC")
_COUNTS: Final = pa.map_(pa.string(), pa.int64())
RUN_COLUMNS: Final = pa.schema(
    {
        **dict.fromkeys(("run_id", "job", "status"), pa.string()),
        **dict.fromkeys(("started_at", "finished_at"), _TIME),
        "seconds": pa.float64(),
        **dict.fromkeys(("snapshot", "parent"), pa.int64()),
        **dict.fromkeys(("changes", "files", "rows", "findings", "new_findings"), _COUNTS),
        "steps": pa.map_(pa.string(), pa.float64()),
        "names": pa.map_(pa.string(), pa.list_(pa.string())),
        "options": pa.string(),
        **dict.fromkeys(("engine", "mapping", "version", "host", "message"), pa.string()),
    }
)
"""The columns of the view `runs`. Options are JSON."""


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


def frame_runs(root: Path) -> pa.Table:
    """The rows of the view `runs`: one for each record, the newest first."""
    return pa.Table.from_pylist([_make_row(run) for run in select_runs(root)], RUN_COLUMNS)


def frame_no_runs() -> pa.Table:
    """The view `runs` without rows, for a query that does not ask for them."""
    return RUN_COLUMNS.empty_table()


def _make_row(run: RunRecord) -> dict[str, Any]:
    values = {**asdict(run), "options": json.dumps(run.options, default=str)}
    return {each.name: _convert(values[each.name], each.type) for each in RUN_COLUMNS}


def _convert(value: Any, kind: pa.DataType) -> Any:
    if pa.types.is_map(kind):
        return list(value.items())
    return read_time(value) if pa.types.is_timestamp(kind) else value
