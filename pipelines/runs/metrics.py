"""Figures for Prometheus: the state of a warehouse, and how its last runs went.

They are written into a file that node_exporter collects. Every figure names its warehouse, since
the files of several warehouses may lie in one folder.
"""

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl
from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from pipelines.changes.file_changes import count_statuses
from pipelines.changes.ledger import open_ledger
from pipelines.errors import PipelineError
from pipelines.warehouse.history import find_success, read_time, select_runs
from pipelines.warehouse.runs import RunRecord, find_job, list_run_ids
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse

logger = logging.getLogger(__name__)

MOST_RULES: Final = 20
"""How many rules have a figure of their own. Each is a series that Prometheus keeps."""
STATUSES: Final = ("published", "unchanged", "refused", "failed", "skipped")
"""The ends of a run that always have a figure, so that an alert can be written before one occurs.
"""
_OTHERS: Final = "other"
_WAREHOUSE: Final = "warehouse"


def write_metrics(path: Path, root: Path, last: RunRecord | None) -> None:
    """Write the figures of the warehouse `root` into `path`, in one step.

    `last` is the run that just ended, if its record cannot be read any more. A failure is only
    logged: what is published stays published.
    """
    try:
        write_to_textfile(str(path), collect_metrics(root, datetime.now(UTC), last))
    except (OSError, ValueError) as error:
        logger.warning("the metrics could not be written to %s: %s", path, error)


def collect_metrics(root: Path, now: datetime, last: RunRecord | None = None) -> CollectorRegistry:
    """All figures of the warehouse `root`."""
    figures = _Figures(CollectorRegistry(), str(root.resolve()))
    if success := find_success(root, now).ended:
        figures.add(
            "last_success_timestamp_seconds",
            "When the last run ended that looked at all raw files and succeeded.",
            {(): success.timestamp()},
        )
    _add_runs(figures, _list_last_runs(root, last))
    with suppress(PipelineError, OSError, pl.exceptions.PolarsError):
        if snapshot := Warehouse(root).current():
            _add_snapshot(figures, snapshot)
    with suppress(OSError):
        free = shutil.disk_usage(root).free
        figures.add("disk_free_bytes", "Free space on the disk of the warehouse.", {(): free})
    return figures.registry


@dataclass(frozen=True)
class _Figures:
    registry: CollectorRegistry
    warehouse: str

    def add(
        self,
        name: str,
        help: str,  # noqa: A002
        values: Mapping[tuple[str, ...], float],
        labels: tuple[str, ...] = (),
    ) -> None:
        """One figure, with its values by those of `labels`."""
        gauge = Gauge(f"matterhouse_{name}", help, (_WAREHOUSE, *labels), registry=self.registry)
        for each, value in values.items():
            gauge.labels(self.warehouse, *each).set(value)


def _list_last_runs(root: Path, last: RunRecord | None) -> dict[str, RunRecord]:
    """The last run of every job."""
    runs = {last.job: last} if last else {}
    for job in sorted({find_job(run_id) for run_id in list_run_ids(root)} - {"", *runs}):
        if run := next(select_runs(root, job=job), None):
            runs[job] = run
    return runs


def _add_runs(figures: _Figures, runs: Mapping[str, RunRecord]) -> None:
    """How the last run of every flow went. `job` is a label that Prometheus uses itself."""
    ends = {job: read_time(run.finished_at) for job, run in runs.items()}
    figures.add(
        "last_run_timestamp_seconds",
        "When the last run of a flow ended.",
        {(job,): end.timestamp() for job, end in ends.items() if end},
        ("flow",),
    )
    figures.add(
        "last_run_status",
        "1 for the status that the last run of a flow ended with, 0 for others.",
        {
            (job, status): float(run.status == status)
            for job, run in runs.items()
            for status in sorted({*STATUSES, run.status})
        },
        ("flow", "status"),
    )
    figures.add(
        "last_run_duration_seconds",
        "How long the last run of a flow took.",
        {(job,): run.seconds for job, run in runs.items() if run.seconds is not None},
        ("flow",),
    )
    counted: tuple[tuple[str, str, str, str], ...] = (
        ("last_run_step_duration_seconds", "How long each step of it took.", "step", "steps"),
        ("last_run_changed_files", "The files that changed for it, by kind.", "kind", "changes"),
        ("last_run_new_findings", "The findings that were new in it.", "severity", "new_findings"),
    )
    for name, help_, label, field in counted:
        values: dict[tuple[str, ...], float] = {
            (job, kind): count
            for job, run in runs.items()
            for kind, count in getattr(run, field).items()
        }
        figures.add(name, help_, values, ("flow", label))


def _add_snapshot(figures: _Figures, snapshot: Snapshot) -> None:
    manifest = snapshot.manifest
    figures.add("snapshot_number", "The current snapshot.", {(): snapshot.number})
    if published := read_time(manifest.created_at):
        figures.add(
            "snapshot_created_timestamp_seconds",
            "When the run began that made the current snapshot.",
            {(): published.timestamp()},
        )
    figures.add(
        "table_rows",
        "The rows of each table.",
        {(table,): snapshot.count_rows(table) for table in manifest.tables},
        ("table",),
    )
    figures.add(
        "table_size_bytes",
        "The bytes of the files of each table.",
        {
            (table,): sum(each.bytes for each in partitions.values())
            for table, partitions in manifest.tables.items()
        },
        ("table",),
    )
    statuses = count_statuses(open_ledger(snapshot))
    figures.add(
        "files",
        "The raw files by what became of them.",
        {(each,): statuses.get(each, 0) for each in ("loaded", "rejected", "ignored")},
        ("status",),
    )
    findings = snapshot.read("findings").with_columns(pl.col("severity").cast(pl.String))
    counts = dict(findings["severity"].value_counts().iter_rows())
    figures.add(
        "findings",
        "The findings by severity.",
        {(each,): counts.get(each, 0) for each in ("error", "warning")},
        ("severity",),
    )
    figures.add(
        "rejects",
        f"The errors by table and rule, the {MOST_RULES} most frequent, and all others together.",
        dict(_count_rejects(findings.filter(severity="error"))),
        ("table", "rule"),
    )


def _count_rejects(errors: pl.DataFrame) -> Iterator[tuple[tuple[str, str], int]]:
    counts = (
        errors.group_by("table_name", "rule")
        .len("count")
        .sort("count", "table_name", "rule", descending=[True, False, False])
    )
    for table, rule, count in counts.head(MOST_RULES).iter_rows():
        yield (table, rule), count
    if others := sum(counts.slice(MOST_RULES)["count"]):
        yield (_OTHERS, _OTHERS), others
