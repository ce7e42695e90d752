"""What lies in staging: how it differs from what is published, and whether it can be applied."""

from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines.reports.cell_changes import CELL_TYPES
from pipelines.reports.commands import render_apply
from pipelines.reports.comparison import Comparison
from pipelines.reports.finding_changes import FindingChanges, list_finding_changes
from pipelines.warehouse.runs import RunRecord
from pipelines.warehouse.staged_plan import StagedPlan, read_plan
from pipelines.warehouse.warehouse import Warehouse

MOST_ROWS: Final = 1_000
"""How many rows of each table and kind, and how many findings, JSON has by default."""


def compare_staged(root: Path) -> Comparison:
    """What is staged in the warehouse `root`, compared with what is published."""
    warehouse = Warehouse(root)
    return Comparison(warehouse.current(), warehouse.staged())


def list_new_findings(root: Path) -> FindingChanges:
    """Which findings would be new, and which would be gone."""
    warehouse = Warehouse(root)
    return list_finding_changes(warehouse.current(), warehouse.staged())


def find_apply(plan: StagedPlan, root: Path) -> str | None:
    """The command that publishes a plan; None if that is not possible."""
    return None if plan.is_trial else render_apply(plan.objections, root)


def describe_plan(root: Path, record: RunRecord, limit: int | None) -> dict[str, Any]:
    """A plan as JSON types: the counts, the first rows and findings, and the next command."""
    if record.status == "unchanged":
        findings: dict[str, Any] = {"new": [], "closed": [], "counts": {"new": 0, "closed": 0}}
        nothing = {"counts": [], "rows": [], "findings": findings, "objections": {}}
        return {**nothing, "is_trial": False, "next": None}
    plan = read_plan(root)
    most = MOST_ROWS if limit is None else limit
    comparison = compare_staged(root)
    rows = pl.concat([CELL_TYPES.to_frame(), *comparison.list_lines(most)])
    changes = list_new_findings(root)
    return {
        "counts": [each._asdict() for each in comparison.counts],
        "rows": rows.to_dicts(),
        "findings": {
            **{kind: found.head(most).to_dicts() for kind, found in changes._asdict().items()},
            "counts": {kind: found.height for kind, found in changes._asdict().items()},
        },
        "objections": plan.objections,
        "is_trial": plan.is_trial,
        "next": find_apply(plan, root),
    }
