"""conclude: findings get their lines, and every table a file."""

import logging
from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.ledger import Ledger
from pipelines.changes.staleness import list_outdated
from pipelines.documents.locate import locate_findings
from pipelines.mapping.post_mapping import PostMapping
from pipelines.runs.state import Ingested, Rebuilt
from pipelines.sources.source import Source
from pipelines.tables.drift import (
    DRIFT_RULE,
    UNKNOWN_KEYS,
    find_drift,
    is_drift_reported,
    list_unknown_keys,
    read_unknown_keys,
)
from pipelines.tables.findings import sort_findings
from pipelines.tables.own_columns import find_table
from pipelines.tables.validation import check_rows
from pipelines.values.parts import find_month, list_bits, name_partitions
from pipelines.warehouse.draft import Draft
from pipelines.warehouse.layout import UNPARTITIONED
from pipelines.warehouse.manifest import Partition
from schemas.findings import FINDINGS
from schemas.language.months import UNKNOWN_MONTH
from schemas.language.registry import load_tables

logger = logging.getLogger(__name__)


def conclude_findings(
    source: Source, ingested: Ingested, rebuilt: Rebuilt
) -> tuple[Draft, pl.DataFrame]:
    """Write `findings`, which depends on all tables but `files`.

    Raises:
        DamagedError: A file of documents or articles is damaged.
    """
    draft, findings = rebuilt.draft, rebuilt.findings
    if rebuilt.is_drifting or list_outdated(draft.tables)["findings"]:
        findings = _replace_drift(draft, ingested, rebuilt)
    draft = _keep_one_file_each(draft, ingested.mapping, has_ingested=ingested.has_listed)
    bits = list_bits(draft.tables["documents"])
    located = _locate(findings, ingested.files, source, bits)
    draft = draft.mark_stale(located.stale)
    findings = check_rows(sort_findings(located.findings), FINDINGS)
    # A drift without a line leaves `findings` stale.
    code = "" if located.is_drift_lost else fingerprint_table("findings")
    record = Partition({}, code, findings.height)
    written = draft.write(FINDINGS, UNPARTITIONED, findings, record, is_kept_empty=True)
    return draft.apply([written]), findings


def _keep_one_file_each(draft: Draft, mapping: PostMapping, *, has_ingested: bool) -> Draft:
    """Give every table without rows a file that shows its columns."""
    for table in (find_table(name, mapping) for name in load_tables()):
        # An empty file of documents says that no raw file was readable: only ingest may say so.
        if table.is_partitioned and (table.name != "documents" or has_ingested):
            draft = draft.keep_one_file(table, UNKNOWN_MONTH, fingerprint_table(table.name))
    return draft


def _replace_drift(draft: Draft, ingested: Ingested, rebuilt: Rebuilt) -> pl.DataFrame:
    """The findings with a new warning for every unknown key."""
    others = rebuilt.findings.filter(pl.col("rule") != DRIFT_RULE)
    if not is_drift_reported(ingested.mapping):
        return others
    unread = draft.tables["articles"].keys() - rebuilt.read_partitions
    keys = [pl.DataFrame(schema=UNKNOWN_KEYS), *rebuilt.unknown_keys]
    is_unknown = pl.col("extra").is_not_null()
    articles = draft.read(
        "articles", unread, lambda rows: rows.filter(is_unknown).select("source_path", "extra")
    )
    if articles is not None:
        keys.append(read_unknown_keys(articles, ingested.mapping))
    # Only the document of a rejected article knows its keys.
    is_rejected = (pl.col("severity") == "error") & (pl.col("table_name") == "articles")
    rejected = rebuilt.findings.filter(is_rejected)["source_path"].unique()
    months = ingested.files.find(rejected, ["published_month"])["published_month"]
    in_months = [key for key in unread if find_month(key) in set(months)]
    if in_months:
        keys.append(_read_keys_of_rejected(draft, in_months, rejected, ingested.mapping))
    drift = find_drift(pl.concat(keys))
    return pl.concat([others, drift])


def _read_keys_of_rejected(
    draft: Draft, partitions: list[str], rejected: pl.Series, mapping: PostMapping
) -> pl.DataFrame:
    """The unknown keys of the documents in `partitions` whose path is among `rejected`."""
    from pipelines.tables.documents import LIST_ITEM, Part, collect_documents
    from pipelines.tables.fields import read_fields

    parts = []
    for key in partitions:
        rows = draft.read_arrow("documents", key, LIST_ITEM)
        for batch in rows.to_batches() if rows else ():
            is_rejected = pl.Series(batch["source_path"]).is_in(rejected.implode())
            named = pl.select(pl.when(is_rejected).then(pl.lit(key))).to_series()
            parts.append(Part(batch, named))
    fields = read_fields(collect_documents(parts), mapping)
    return list_unknown_keys(fields.documents["source_path"], fields.leftovers, mapping)


class _Located(NamedTuple):
    """Findings with their lines.

    `stale` are the partitions, as (table, partition), of findings without a line. `is_drift_lost`
    if a warning of drift is among these.
    """

    findings: pl.DataFrame
    stale: list[tuple[str, str]]
    is_drift_lost: bool


def _locate(
    findings: pl.DataFrame, files: Ledger, source: Source, bits: Mapping[str, int]
) -> _Located:
    """Find the lines of the new findings in the raw files.

    If a file changed since it was parsed, its findings have no line yet. Their partition is left
    stale, so the next build, which reads the file again, makes up for it. A lost drift leaves
    `findings` stale, since stale `documents` would parse every file again.
    """
    waiting = findings.filter(pl.col("line").is_null())["source_path"].unique()
    known = files.find(waiting).drop_nulls("document_id")
    hashes = dict(known.select("source_path", "content_sha256").iter_rows())
    partitions = dict(zip(known["source_path"], name_partitions(known, bits), strict=True))
    located = locate_findings(findings, lambda path: source.read(path).data, hashes)
    lost = located.filter(pl.col("line").is_null() & pl.col("field_path").is_not_null())
    if lost.height:
        logger.warning(
            "%d findings have no line yet: their files changed after parsing, or cannot be read; "
            "the next build looks again",
            lost.height,
        )
    rows = lost.filter(pl.col("table_name") != "documents").select("table_name", "source_path")
    return _Located(
        located,
        [(table, partitions[source_path]) for table, source_path in rows.unique().iter_rows()],
        is_drift_lost=lost.height > rows.height,
    )
