"""conclude: the findings get their lines, every file its status, and every table a file."""

import logging

import polars as pl

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.staleness import list_outdated
from pipelines.documents.locate import locate_findings
from pipelines.runs.work import Work
from pipelines.sources.folder import read_content
from pipelines.tables.drift import DRIFT_RULE, find_drift
from pipelines.tables.files import build_files
from pipelines.tables.findings import sort_findings
from pipelines.tables.validation import check_rows
from pipelines.warehouse.layout import WHOLE
from schemas import TABLE_NAMES, load_table
from schemas.files import FILES
from schemas.findings import FINDINGS
from schemas.language.months import UNKNOWN_MONTH

logger = logging.getLogger(__name__)


def conclude_work(work: Work) -> None:
    """Write `findings` and `files`, which hang on all other tables."""
    if work.is_drifting or list_outdated(work.draft.tables)["findings"]:
        _replace_drift(work)
    _keep_one_file_each(work)
    is_drift_lost = _locate(work)
    work.findings = check_rows(sort_findings(work.findings), FINDINGS)
    work.files = check_rows(build_files(work.files, work.findings), FILES)
    _prove_loaded(work)
    for table, rows in ((FINDINGS, work.findings), (FILES, work.files)):
        work.draft.write(
            table,
            WHOLE,
            rows,
            inputs={},
            fingerprint="" if is_drift_lost else fingerprint_table(table.name),
            is_kept_empty=True,
        )


def _keep_one_file_each(work: Work) -> None:
    """Give every table without rows a file that shows its columns."""
    for name in TABLE_NAMES:
        table = load_table(name)
        # An empty one of documents claims that no raw file was readable: only ingest may do so.
        if table.is_partitioned and (name != "documents" or work.is_ingested):
            work.draft.keep_one_file(table, UNKNOWN_MONTH, fingerprint_table(name))


def _replace_drift(work: Work) -> None:
    documents = work.draft.read(
        "documents",
        select=lambda rows: rows.filter(pl.col("extra").is_not_null()).select(
            "source_path", "extra"
        ),
    )
    drift = work.findings.clear() if documents is None else find_drift(documents)
    is_drift = pl.col("rule") == DRIFT_RULE
    work.findings = pl.concat([work.findings.filter(~is_drift), drift])


def _locate(work: Work) -> bool:
    """Find the lines of the new findings in the raw files.

    Where a file is not as it was ingested, its findings have no line for now; their partition is
    left stale, so that the next build, which reads the file again, makes up for it.

    Returns:
        Whether a finding of drift is among them. `findings` is then to be left stale, which has
        drift found again; stale `documents` would have every file parsed again.
    """
    waiting = work.findings.filter(pl.col("line").is_null())["source_path"].unique()
    known = work.files.filter(
        pl.col("document_id").is_not_null() & pl.col("source_path").is_in(waiting.implode())
    )
    hashes = dict(known.select("source_path", "content_sha256").iter_rows())
    months = dict(known.select("source_path", "published_month").iter_rows())
    work.findings = locate_findings(
        work.findings, lambda path: read_content(work.raw, path).data, hashes
    )
    lost = work.findings.filter(pl.col("line").is_null() & pl.col("field_path").is_not_null())
    if lost.height:
        logger.warning(
            "findings without a line for now, since their file is not as it was read: %d; the next "
            "build reads it again",
            lost.height,
        )
    rows = lost.filter(pl.col("table_name") != "documents").select("table_name", "source_path")
    for table, source_path in rows.unique().iter_rows():
        work.draft.mark_stale(table, months[source_path])
    return lost.height > rows.height


def _prove_loaded(work: Work) -> None:
    """Hold the ledger, which goes by the findings, against the articles themselves.

    Raises:
        WarehouseError: A file of articles is damaged.
    """
    loaded = work.files.filter(status="loaded").height
    rows = work.draft.count_rows("articles")
    if loaded != rows:
        raise AssertionError(f"{loaded} files are loaded, and articles has {rows} rows")
