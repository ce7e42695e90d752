"""conclude: findings get their lines, every file its status, and every table a file."""

import logging
from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.staleness import list_outdated
from pipelines.documents.locate import locate_findings
from pipelines.runs.state import Ingested, Rebuilt
from pipelines.sources.source import Source
from pipelines.tables.drift import DRIFT_RULE, UNKNOWN_KEYS, find_drift, read_unknown_keys
from pipelines.tables.files import build_files
from pipelines.tables.findings import sort_findings
from pipelines.tables.validation import check_rows
from pipelines.warehouse.draft import Draft
from pipelines.warehouse.layout import UNPARTITIONED
from schemas.files import FILES
from schemas.findings import FINDINGS
from schemas.language.months import UNKNOWN_MONTH
from schemas.language.registry import load_tables

logger = logging.getLogger(__name__)


class Conclusion(NamedTuple):
    """The draft with every table, and the tables that were concluded."""

    draft: Draft
    files: pl.DataFrame
    findings: pl.DataFrame


def conclude_tables(source: Source, ingested: Ingested, rebuilt: Rebuilt) -> Conclusion:
    """Write `findings` and `files`, which depend on all other tables.

    Raises:
        DamagedError: A file of documents or articles is damaged.
    """
    draft, findings = rebuilt.draft, rebuilt.findings
    if rebuilt.is_drifting or list_outdated(draft.tables)["findings"]:
        findings = _replace_drift(draft, rebuilt)
    draft = _keep_one_file_each(draft, has_ingested=ingested.has_listed)
    located = _locate(findings, ingested.files, source)
    draft = draft.mark_stale(located.stale)
    findings = check_rows(sort_findings(located.findings), FINDINGS)
    files = check_rows(build_files(ingested.files, findings), FILES)
    _prove_loaded(draft, files)
    written = [
        draft.write(
            table,
            UNPARTITIONED,
            rows,
            inputs={},
            fingerprint="" if located.is_drift_lost else fingerprint_table(table.name),
            is_kept_empty=True,
        )
        for table, rows in ((FINDINGS, findings), (FILES, files))
    ]
    return Conclusion(draft.apply(written), files, findings)


def _keep_one_file_each(draft: Draft, *, has_ingested: bool) -> Draft:
    """Give every table without rows a file that shows its columns."""
    for table in load_tables().values():
        # An empty file of documents says that no raw file was readable: only ingest may say so.
        if table.is_partitioned and (table.name != "documents" or has_ingested):
            draft = draft.keep_one_file(table, UNKNOWN_MONTH, fingerprint_table(table.name))
    return draft


def _replace_drift(draft: Draft, rebuilt: Rebuilt) -> pl.DataFrame:
    """The findings with a new warning for every unknown key."""
    unread = sorted(draft.tables["documents"].keys() - rebuilt.read_months)
    documents = draft.read(
        "documents",
        unread,
        lambda rows: rows.filter(pl.col("extra").is_not_null()).select("source_path", "extra"),
    )
    read = [] if documents is None else [read_unknown_keys(documents)]
    nothing = pl.DataFrame(schema=UNKNOWN_KEYS)
    drift = find_drift(pl.concat([nothing, *rebuilt.unknown_keys, *read]))
    return pl.concat([rebuilt.findings.filter(pl.col("rule") != DRIFT_RULE), drift])


class _Located(NamedTuple):
    """Findings with their lines.

    `stale` are the partitions, as (table, month), of findings without a line. `is_drift_lost` if a
    warning of drift is among these.
    """

    findings: pl.DataFrame
    stale: list[tuple[str, str]]
    is_drift_lost: bool


def _locate(findings: pl.DataFrame, files: pl.DataFrame, source: Source) -> _Located:
    """Find the lines of the new findings in the raw files.

    If a file changed since it was parsed, its findings have no line yet. Their partition is left
    stale, so the next build, which reads the file again, makes up for it. A lost drift leaves
    `findings` stale, since stale `documents` would parse every file again.
    """
    waiting = findings.filter(pl.col("line").is_null())["source_path"].unique()
    known = files.filter(
        pl.col("document_id").is_not_null() & pl.col("source_path").is_in(waiting.implode())
    )
    hashes = dict(known.select("source_path", "content_sha256").iter_rows())
    months: Mapping[str, str] = dict(known.select("source_path", "published_month").iter_rows())
    located = locate_findings(findings, lambda path: source.read(path).data, hashes)
    lost = located.filter(pl.col("line").is_null() & pl.col("field_path").is_not_null())
    if lost.height:
        logger.warning(
            "%d findings have no line yet: their files changed after parsing; the next build reads "
            "them again",
            lost.height,
        )
    rows = lost.filter(pl.col("table_name") != "documents").select("table_name", "source_path")
    return _Located(
        located,
        [(table, months[source_path]) for table, source_path in rows.unique().iter_rows()],
        is_drift_lost=lost.height > rows.height,
    )


def _prove_loaded(draft: Draft, files: pl.DataFrame) -> None:
    """Compare the ledger, which follows the findings, with the articles themselves."""
    loaded = files.filter(status="loaded").height
    rows = draft.count_rows("articles")
    if loaded != rows:
        raise AssertionError(f"{loaded} files are loaded, and articles has {rows} rows")
