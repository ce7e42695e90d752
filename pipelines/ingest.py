"""ingest: raw files become documents."""

import hashlib
import shutil
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Final

import polars as pl

from pipelines.documents import frame_documents
from pipelines.findings import complete_findings
from pipelines.fingerprints import fingerprint_table
from pipelines.ledger import Comparison
from pipelines.parsing import Parsed, ToParse, parse_batch
from pipelines.work import Work
from schemas.documents import DOCUMENTS
from schemas.files import FILES
from schemas.findings import FINDINGS

BATCH_BYTES: Final = 8 * 1024 * 1024
BATCH_FILES: Final = 1_000
"""What a worker takes at once: bounds its memory, and is the grain of the progress bar."""


def ingest_files(work: Work, comparison: Comparison, executor: Executor | None) -> None:
    """Parse the suspects of `comparison`; replace their documents, findings and ledger rows."""
    parsed = _parse(work, comparison.suspects, executor)
    touched = _retouch(work.files, pl.DataFrame(parsed.touched, schema=FILES.dtypes))
    changed = comparison.suspects.join(touched, on="source_path", how="anti")
    # What is never opened may have taken the place of a file that was.
    removed = pl.concat(
        [each["source_path"] for each in (changed, comparison.gone, comparison.unopened)]
    )
    news = pl.DataFrame(parsed.files, schema=FILES.dtypes)

    olds = work.files.filter(pl.col("source_path").is_in(removed.implode()))
    months = pl.concat([olds["published_month"], news["published_month"]]).drop_nulls()
    for month in months.unique().sort():
        _replace_month(work, month, removed)
    shutil.rmtree(work.parsed, ignore_errors=True)

    findings = pl.DataFrame(parsed.findings, schema=_FINDING_TYPES)
    work.drop_findings("documents", removed)
    work.add_findings(complete_findings(findings))
    work.files = pl.concat([comparison.unchanged, comparison.unopened, touched, news])
    work.is_ingested = removed.len() > 0


def split_batches(suspects: pl.DataFrame) -> Iterator[list[ToParse]]:
    """Cut the files to be read into batches that bound the memory of a worker."""
    batch: list[ToParse] = []
    batch_bytes = 0
    for source_path, size_bytes, sha256 in suspects.iter_rows():
        if batch and (batch_bytes + size_bytes > BATCH_BYTES or len(batch) == BATCH_FILES):
            yield batch
            batch, batch_bytes = [], 0
        batch.append(ToParse(source_path, sha256))
        batch_bytes += size_bytes
    if batch:
        yield batch


_FINDING_TYPES: Final = {
    name: dtype
    for name, dtype in FINDINGS.dtypes.items()
    if name not in ("severity", "field_path", "row")
} | {"severity": pl.String()}


def _parse(work: Work, suspects: pl.DataFrame, executor: Executor | None) -> Parsed:
    batches = list(split_batches(suspects))
    count = len(batches)
    names = [f"{number:06}" for number in range(count)]
    arguments = ([work.raw] * count, batches, [work.parsed] * count, names)
    # A single batch is parsed sooner here than by a worker that has to start first.
    map_batches = executor.map if executor and count > 1 else map
    results = map_batches(parse_batch, *arguments)
    total = Parsed([], [], [])
    done = 0
    for batch, parsed in zip(batches, results, strict=True):
        for whole, part in zip(total, parsed, strict=True):
            whole.extend(part)
        done += len(batch)
        work.on_progress("ingest", done, suspects.height)
    return total


def _replace_month(work: Work, month: str, removed: pl.Series) -> None:
    """Write one month of documents: those it had, less the removed, and those just parsed."""
    kept = work.draft.read("documents", [month])
    parts = [pl.read_parquet(path) for path in sorted((work.parsed / month).glob("*.parquet"))]
    if kept is not None:
        is_removed = pl.col("source_path").is_in(removed.implode())
        rows = kept.filter(~is_removed).drop("published_month")
        # None are kept, and their columns may be others, after a change of the code.
        parts += [rows] if rows.height else []
    documents = pl.concat([frame_documents([]), *parts]).sort(DOCUMENTS.order)
    if documents.is_empty():
        work.draft.drop("documents", month)
        return
    files = "\n".join(documents["source_path"] + " " + documents["content_sha256"])
    inputs = {"files": hashlib.sha256(files.encode()).hexdigest()}
    fingerprint = fingerprint_table(DOCUMENTS.name)
    work.draft.write(DOCUMENTS, month, documents, inputs=inputs, fingerprint=fingerprint)


def _retouch(files: pl.DataFrame, touched: pl.DataFrame) -> pl.DataFrame:
    """The ledger's rows of files with other times and the same bytes."""
    return files.update(
        touched.select("source_path", "size_bytes", "modified_ns"), on="source_path", how="inner"
    )
