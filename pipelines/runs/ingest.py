"""ingest: the raw files that changed are parsed. Their documents wait to be written."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.changes.buckets import list_buckets, split_paths, split_rows
from pipelines.changes.comparison import Comparison, find_identities
from pipelines.changes.ledger import FILE_COLUMNS, Ledger
from pipelines.changes.listing import Listing
from pipelines.documents.batches import Promise, finish_batches
from pipelines.documents.parsed import Parsed
from pipelines.documents.rows import LEDGER_SCHEMA
from pipelines.runs.progress import OnProgress
from pipelines.runs.start import Start
from pipelines.runs.state import CHANGED_COLUMNS, Ingested, ParsedDocuments
from pipelines.tables.drift import DRIFT_RULE
from pipelines.tables.findings import complete_findings
from pipelines.values.months import read_months
from pipelines.values.parts import list_bits, name_partitions
from pipelines.warehouse.layout import UNPARTITIONED
from schemas.files import FILES
from schemas.findings import FINDINGS
from schemas.language.registry import list_derived


def ingest_files(
    start: Start,
    listing: Listing,
    comparison: Comparison,
    promises: list[Promise],
    on_progress: OnProgress,
) -> Ingested:
    """Collect what became of the suspects of `comparison`, which workers parse."""
    parsed = _finish(promises, on_progress)
    read = _read_ledger(parsed)
    is_touched = pl.col("status") == "touched"
    touched = _retouch(start.files, read.filter(is_touched))
    after = read.filter(~is_touched)
    changed = comparison.suspects.join(touched, on="source_path", how="anti")
    # Something that is never opened may have taken the place of a file that was read.
    paths = pl.concat(
        [each["source_path"] for each in (changed, comparison.gone, comparison.unopened)]
    )
    before = start.files.find(paths)
    documents = [each.select(CHANGED_COLUMNS) for each in (before, after)]
    found = after.select(FILE_COLUMNS).cast(pl.Schema(FILES.dtypes))
    rows = pl.concat([comparison.unopened.select(FILE_COLUMNS), touched, found])
    is_changed = pl.col("source_path").is_in(paths.implode())
    return Ingested(
        draft=start.draft.mark_stale(_list_found(start, before)),
        has_listed=True,
        files=_replace_rows(start, listing, rows, pl.concat([paths, touched["source_path"]])),
        findings=pl.concat([start.findings.filter(~is_changed), _read_findings(parsed)]),
        changed=pl.concat(documents).drop_nulls("document_id"),
        parsed=ParsedDocuments(
            [each.documents for each in parsed if each.documents],
            after.drop_nulls("document_id").select(
                "document_id", "published_month", "_file", "_row"
            ),
        ),
    )


def _replace_rows(
    start: Start, listing: Listing, rows: pl.DataFrame, looked_at: pl.Series
) -> Ledger:
    """The ledger with `rows` in place of those of the files `looked_at`."""
    files, bits = start.files, listing.bits
    new, gone = split_rows(rows, bits), split_paths(looked_at, bits)
    buckets = list_buckets(bits) if bits != files.bits else list(gone)

    def list_rows() -> Iterator[tuple[str, pl.DataFrame]]:
        for bucket in buckets:
            is_gone = pl.col("source_path").is_in(gone.get(bucket, looked_at.clear()).implode())
            kept = files.read(bucket, FILE_COLUMNS).filter(~is_gone)
            both = pl.concat([kept, new.get(bucket, rows.clear())]).sort("source_path")
            yield bucket, both.with_columns(identity=find_identities(both, listing.read(bucket)))

    return files.replace(list_rows(), bits, start.scratch)


def _list_found(start: Start, files: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """The partitions whose findings are in `files`, as (table, partition).

    They must be rebuilt, since the findings may have other lines now. Their rows may be the same,
    so nothing else makes them stale. A key that drifts is reported at its first file alone, so
    `findings` is stale if that file is among `files`.
    """
    drift = start.findings.filter(rule=DRIFT_RULE)["source_path"]
    if drift.is_in(files["source_path"].implode()).any():
        yield ("findings", UNPARTITIONED)
    found = start.findings.filter(pl.col("table_name").is_in(list_derived()))
    known = files.drop_nulls("published_month")
    partitions = name_partitions(known, list_bits(start.draft.tables["documents"]))
    in_partitions = found.join(known.select("source_path", _key=partitions), on="source_path")
    yield from in_partitions.select("table_name", "_key").unique().iter_rows()


def _finish(promises: list[Promise], on_progress: OnProgress) -> list[Parsed]:
    parsed: list[Parsed] = []
    count = sum(len(promise.batch.files) for promise in promises)
    done = 0
    for promise, found in zip(promises, finish_batches(promises), strict=True):
        parsed += found
        done += len(promise.batch.files)
        on_progress("ingest", done, count)
    return parsed


def _read_ledger(parsed: Sequence[Parsed]) -> pl.DataFrame:
    """The rows of the ledger that workers wrote, with their month.

    `_file` and `_row` are where the document of a row is: the file among those with documents, and
    the row there.
    """
    numbers = accumulate(each.documents is not None for each in parsed)
    is_document = pl.col("document_id").is_not_null()
    ledgers = [
        _read(each.ledger).with_columns(
            _file=pl.lit(number - 1, pl.Int32), _row=is_document.cum_sum() - 1
        )
        for each, number in zip(parsed, numbers, strict=True)
    ]
    ledger = pl.concat(ledgers) if ledgers else _read_nothing()
    month = pl.when(is_document).then(read_months(ledger["published"]))
    return ledger.with_columns(month.alias("published_month"))


def _read_nothing() -> pl.DataFrame:
    columns = pl.DataFrame(LEDGER_SCHEMA.empty_table())
    return columns.with_columns(pl.lit(0, pl.Int32).alias(each) for each in ("_file", "_row"))


def _read_findings(parsed: Sequence[Parsed]) -> pl.DataFrame:
    found = [_read(each.findings) for each in parsed if each.findings]
    if not found:
        return pl.DataFrame(schema=FINDINGS.dtypes)
    return complete_findings(
        pl.concat(found).with_columns(severity=pl.lit("error"), table_name=pl.lit("documents"))
    )


def _read(path: Path) -> pl.DataFrame:
    with pa.memory_map(str(path)) as file:
        return pl.DataFrame(pa.ipc.open_file(file).read_all())


def _retouch(files: Ledger, touched: pl.DataFrame) -> pl.DataFrame:
    """The ledger's rows of files that have another time and the same bytes."""
    columns = ("source_path", "size_bytes", "modified_ns")
    found = touched.select(columns).cast({name: FILES.dtypes[name] for name in columns})
    return files.find(found["source_path"]).update(found, on="source_path", how="inner")
