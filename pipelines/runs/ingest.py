"""ingest: raw files that changed are parsed; their documents wait to be written."""

from collections import defaultdict
from concurrent.futures import Executor

import polars as pl

from pipelines.changes.ledger import Comparison
from pipelines.changes.staleness import DERIVED_TABLES
from pipelines.documents.batches import Batch, finish_batches
from pipelines.documents.parsed import Parsed, ParsedDocument
from pipelines.runs.work import Work
from pipelines.tables.findings import complete_findings
from pipelines.values.months import add_month
from schemas.files import FILES
from schemas.findings import FINDINGS


def ingest_files(
    work: Work, comparison: Comparison, batches: list[Batch], executor: Executor
) -> None:
    """Take over what became of the suspects of `comparison`, which `batches` parse."""
    parsed = _finish(work, batches, executor)
    touched = _retouch(work.files, pl.DataFrame(parsed.touched, schema=FILES.dtypes))
    changed = comparison.suspects.join(touched, on="source_path", how="anti")
    # What is never opened may have taken the place of a file that was read.
    paths = pl.concat(
        [each["source_path"] for each in (changed, comparison.gone, comparison.unopened)]
    )
    before = work.files.filter(pl.col("source_path").is_in(paths.implode()))
    dated = _date_documents(work, parsed.documents)
    after = pl.DataFrame(parsed.files, schema=FILES.dtypes).update(dated, on="source_path")
    months = pl.concat([before["published_month"], after["published_month"]])

    work.changed_paths = paths
    work.changed_months = set(months.drop_nulls())
    _mark_found(work, before)
    work.drop_findings(paths)
    work.add_findings(complete_findings(pl.DataFrame(parsed.findings, schema=FINDINGS.dtypes)))
    work.files = pl.concat([comparison.unchanged, comparison.unopened, touched, after])


def _mark_found(work: Work, files: pl.DataFrame) -> None:
    """Have partitions made anew whose findings are in `files`, since the lines there may be others.

    The rows of such a partition may be the same as ever, so that nothing else makes it stale.
    """
    found = work.findings.filter(pl.col("table_name").is_in(DERIVED_TABLES))
    months = found.join(files, on="source_path").drop_nulls("published_month")
    for table, month in months.select("table_name", "published_month").unique().rows():
        work.draft.mark_stale(table, month)


def _finish(work: Work, batches: list[Batch], executor: Executor) -> Parsed:
    total = Parsed([], [], [], [])
    count = sum(len(batch.files) for batch in batches)
    done = 0
    for batch, parsed in zip(batches, finish_batches(batches, executor), strict=True):
        total.extend(parsed)
        done += len(batch.files)
        work.on_progress("ingest", done, count)
    return total


def _date_documents(work: Work, documents: list[ParsedDocument]) -> pl.DataFrame:
    """Id and month of every document; `work` learns in which pieces each month is."""
    columns = {"source_path": pl.String, "document_id": pl.String, "publishedDateTime": pl.String}
    dated = add_month(pl.DataFrame([each[:-1] for each in documents], columns, orient="row"))
    work.pieces = defaultdict(set)
    for month, document in zip(dated["published_month"], documents, strict=True):
        work.pieces[month].add(document.piece)
    return dated.select("source_path", "document_id", "published_month")


def _retouch(files: pl.DataFrame, touched: pl.DataFrame) -> pl.DataFrame:
    """The ledger's rows of files with other times and the same bytes."""
    return files.update(
        touched.select("source_path", "size_bytes", "modified_ns"), on="source_path", how="inner"
    )
