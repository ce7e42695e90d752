"""ingest: the raw files that changed are parsed. Their documents wait to be written."""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Executor

import polars as pl

from pipelines.changes.ledger import Comparison
from pipelines.documents.batches import Promise, finish_batches
from pipelines.documents.parsed import Parsed, ParsedDocument, Piece
from pipelines.runs.progress import OnProgress
from pipelines.runs.start import Start
from pipelines.runs.state import Ingested, PieceRows
from pipelines.tables.findings import complete_findings
from pipelines.values.months import read_months
from schemas.files import FILES
from schemas.findings import FINDINGS
from schemas.language.registry import list_derived


def ingest_files(
    start: Start,
    listing: pl.DataFrame,
    comparison: Comparison,
    promises: list[Promise],
    executor: Executor,
    on_progress: OnProgress,
) -> Ingested:
    """Collect what became of the suspects of `comparison`, which workers parse."""
    parsed = _finish(promises, executor, on_progress)
    touched = _retouch(start.files, pl.DataFrame(parsed.touched, schema=FILES.dtypes))
    changed = comparison.suspects.join(touched, on="source_path", how="anti")
    # Something that is never opened may have taken the place of a file that was read.
    paths = pl.concat(
        [each["source_path"] for each in (changed, comparison.gone, comparison.unopened)]
    )
    is_changed = pl.col("source_path").is_in(paths.implode())
    before = start.files.filter(is_changed)
    months = read_months(pl.Series([each.published for each in parsed.documents], dtype=pl.String))
    dated = _date_documents(parsed.documents, months)
    after = pl.DataFrame(parsed.files, schema=FILES.dtypes).update(dated, on="source_path")
    found = complete_findings(pl.DataFrame(parsed.findings, schema=FINDINGS.dtypes))
    return Ingested(
        draft=start.draft.mark_stale(_list_found(start.findings, before)),
        listing=listing,
        has_listed=True,
        files=pl.concat([comparison.unchanged, comparison.unopened, touched, after]),
        findings=pl.concat([start.findings.filter(~is_changed), found]),
        changed_paths=paths,
        changed_months=frozenset(
            pl.concat([before["published_month"], after["published_month"]]).drop_nulls()
        ),
        pieces=_sort_by_month(parsed.documents, months),
    )


def _list_found(findings: pl.DataFrame, files: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """The partitions whose findings are in `files`, as (table, month).

    They must be rebuilt, since the findings may have other lines now. Their rows may be the same,
    so nothing else makes them stale.
    """
    found = findings.filter(pl.col("table_name").is_in(list_derived()))
    months = found.join(files, on="source_path").drop_nulls("published_month")
    yield from months.select("table_name", "published_month").unique().iter_rows()


def _finish(promises: list[Promise], executor: Executor, on_progress: OnProgress) -> Parsed:
    total = Parsed([], [], [], [])
    count = sum(len(promise.batch.files) for promise in promises)
    done = 0
    for promise, parsed in zip(promises, finish_batches(promises, executor), strict=True):
        total.extend(parsed)
        done += len(promise.batch.files)
        on_progress("ingest", done, count)
    return total


def _date_documents(documents: list[ParsedDocument], months: pl.Series) -> pl.DataFrame:
    """The id and month of every document, as columns of the table `files`."""
    columns = {"source_path": pl.String, "document_id": pl.String}
    named = pl.DataFrame([each[:2] for each in documents], columns, orient="row")
    return named.with_columns(published_month=months)


def _sort_by_month(
    documents: list[ParsedDocument], months: pl.Series
) -> dict[str, list[PieceRows]]:
    """Which rows of which pieces are the documents of each month."""
    rows: dict[str, dict[Piece, list[int]]] = defaultdict(lambda: defaultdict(list))
    counts: dict[Piece, int] = defaultdict(int)
    for document, month in zip(documents, months, strict=True):
        rows[month][document.piece].append(counts[document.piece])
        counts[document.piece] += 1
    return {month: list(map(PieceRows._make, found.items())) for month, found in rows.items()}


def _retouch(files: pl.DataFrame, touched: pl.DataFrame) -> pl.DataFrame:
    """The ledger's rows of files that have another time and the same bytes."""
    return files.update(
        touched.select("source_path", "size_bytes", "modified_ns"), on="source_path", how="inner"
    )
