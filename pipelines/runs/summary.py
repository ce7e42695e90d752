"""What the record of a run says of the state that it made."""

import logging
from typing import Final

import polars as pl

from pipelines.changes.file_changes import count_ignored
from pipelines.runs.sightings import FIRST_SEEN
from pipelines.runs.state import Concluded
from pipelines.tables.finding_search import without_positions
from pipelines.values.parts import find_month
from pipelines.warehouse.draft import Draft
from pipelines.warehouse.runs import RunRecord
from schemas.language.months import UNKNOWN_MONTH

logger = logging.getLogger(__name__)

FIRST_FINDINGS: Final = 20
"""How many new findings the record of a run keeps."""
MOST_RULES: Final = 20
"""How many rules it counts errors of."""
SHOWN_OF_FINDINGS: Final = (
    *("severity", "table_name", "source_path", "line", "column_number"),
    *("field_path", "rule", "expected", "message"),
)
"""What it keeps of each: what a line of `matterhouse rejects` shows."""


def summarize_run(record: RunRecord, concluded: Concluded) -> None:
    """Put into the record, and into the log, what the state has and what changed."""
    record.mapping = concluded.mapping.name
    draft, changes, findings = concluded.draft, concluded.changes, concluded.findings
    record.files = {
        status: changes.statuses.get(status, 0) for status in ("loaded", "rejected", "ignored")
    }
    record.changes = dict(changes.counts)
    record.names = {kind: names for kind, names in changes.names.items() if names}
    record.new_findings = {"error": 0, "warning": 0}
    if record.files["ignored"] and concluded.is_changed:
        record.ignored = count_ignored(concluded.files)
    articles = draft.tables["articles"].items()
    record.undated = sum(each.rows for key, each in articles if find_month(key) == UNKNOWN_MONTH)
    severities = dict(findings["severity"].value_counts().iter_rows())
    record.findings = {severity: severities.get(severity, 0) for severity in ("error", "warning")}
    record.rules = _count_rules(findings)
    summarize_draft(record, draft)


def summarize_draft(record: RunRecord, draft: Draft) -> None:
    """Put into the record, and into the log, which tables and partitions the state has."""
    record.rows = {
        table: sum(partition.rows for partition in partitions.values())
        for table, partitions in draft.tables.items()
    }
    record.rewritten = draft.rewritten
    record.kept = {
        table: sum(partition.file is not None for partition in partitions.values())
        - len(record.rewritten[table])
        for table, partitions in draft.tables.items()
    }
    for row in record.list_tables():
        logger.info("%s: %d rows, %d partitions rewritten, %d kept", *row)


def _count_rules(findings: pl.DataFrame) -> dict[str, int]:
    """The errors by table, field and rule, without positions in lists, the most common first."""
    field = without_positions(pl.col("field_path"))
    named = pl.concat_str("table_name", field, "rule", separator=" ", ignore_nulls=True)
    counts = findings.filter(severity="error").group_by(rule=named).len()
    return dict(counts.sort("len", "rule", descending=[True, False]).head(MOST_RULES).iter_rows())


def summarize_new(record: RunRecord, findings: pl.DataFrame) -> None:
    """Put into the record which of its findings this run saw first."""
    new = findings.filter(pl.col(FIRST_SEEN) == record.run_id)
    record.new_findings |= dict(new["severity"].value_counts().iter_rows())
    errors_first = new.sort("severity", maintain_order=True).head(FIRST_FINDINGS)
    record.first_findings = errors_first.select(SHOWN_OF_FINDINGS).to_dicts()
