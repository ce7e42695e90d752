"""The summary of a run: what it found, changed and made anew, in numbers."""

import logging

from pipelines.changes.ledger import count_changes
from pipelines.runs.work import Work
from pipelines.warehouse.runs import RunRecord

logger = logging.getLogger(__name__)


def summarize_work(work: Work, record: RunRecord) -> None:
    """Put into `record`, and into the log, what the state to be published has and what changed."""
    counts = dict(work.files["status"].value_counts().iter_rows())
    record.files = {status: counts.get(status, 0) for status in ("loaded", "rejected", "ignored")}
    record.changes = count_changes(work.before, work.files)
    severities = dict(work.findings["severity"].value_counts().iter_rows())
    record.findings = {severity: severities.get(severity, 0) for severity in ("error", "warning")}
    record.rows = {
        table: sum(partition.rows for partition in partitions.values())
        for table, partitions in work.draft.tables.items()
    }
    record.rewritten = {
        table: sorted({month for name, month in work.draft.rewritten if name == table})
        for table in work.draft.tables
    }
    record.kept = {
        table: sum(partition.file is not None for partition in partitions.values())
        - len(record.rewritten[table])
        for table, partitions in work.draft.tables.items()
    }
    for row in record.list_tables():
        logger.info("%s: %d rows, %d partitions rewritten, %d kept", *row)
