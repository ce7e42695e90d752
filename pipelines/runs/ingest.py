"""ingest: the raw files that changed are parsed. Their documents wait to be written."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.changes.buckets import list_buckets, split_paths, split_rows
from pipelines.changes.chunks import Chunks
from pipelines.changes.comparison import Comparison, find_identities
from pipelines.changes.ledger import FILE_COLUMNS, Ledger
from pipelines.changes.listing import Listing
from pipelines.documents.batches import Promise, finish_batches
from pipelines.documents.parsed import Parsed
from pipelines.mapping.post_mapping import PostMapping
from pipelines.runs.progress import OnProgress
from pipelines.runs.start import Start
from pipelines.runs.state import CHANGED_COLUMNS, Ingested, ParsedDocuments
from pipelines.tables.drift import DRIFT_RULE
from pipelines.tables.findings import complete_findings
from pipelines.tables.locality import list_time_zones
from pipelines.values.months import read_months
from pipelines.values.parts import list_bits, name_partitions
from pipelines.warehouse.layout import UNPARTITIONED
from schemas.files import FILES
from schemas.findings import FINDINGS
from schemas.language.registry import list_derived

_READ_TYPES: Final = pl.Schema(
    {
        **{name: dtype for name, dtype in FILES.dtypes.items() if name != "status"},
        "status": pl.String(),
        "_file": pl.Int32(),
        "_row": pl.Int32(),
    }
)
"""The rows of the ledger that workers wrote, with their month.

`status` may be `touched`, too. `_file` and `_row` are where the document of a row is: the file
among those with documents, and the row there."""
_PLACES: Final = ("document_id", "published_month", "_file", "_row")
_PAGE_BATCHES: Final = 50
"""Batches whose rows are read together. Each alone would be too small for Polars."""


def ingest_files(
    start: Start,
    listing: Listing,
    comparison: Comparison,
    promises: Iterator[Promise],
    mapping: PostMapping,
    on_progress: OnProgress,
) -> Ingested:
    """Collect what became of the suspects of `comparison`, which workers parse."""
    parsed = _finish(promises, comparison.suspects.height, on_progress)
    read = Chunks(_read_ledger(parsed, mapping), _READ_TYPES, start.scratch)
    files = start.files.cut(listing.bits)
    merged: list[_Merged] = []
    for changes in _split_changes(start.files, listing, comparison):
        rows, outcome = _merge(start.files, listing, read, changes)
        files = files.put(changes.bucket, rows, start.scratch)
        merged.append(outcome)
    before, after, places, paths = (pl.concat(each) for each in zip(*merged, strict=True))
    is_changed = pl.col("source_path").is_in(paths["source_path"].implode())
    return Ingested(
        draft=start.draft.mark_stale(_list_found(start, before)),
        mapping=mapping,
        has_listed=True,
        files=files,
        findings=pl.concat([start.findings.filter(~is_changed), _read_findings(parsed)]),
        changed=pl.concat([before, after]).drop_nulls("document_id"),
        parsed=ParsedDocuments(
            [each.documents for each in parsed if each.documents], places.sort("_file", "_row")
        ),
    )


class _Changes(NamedTuple):
    """What changed in one bucket, as in `Comparison`."""

    bucket: str
    suspects: pl.Series
    unopened: pl.DataFrame
    gone: pl.Series


class _Merged(NamedTuple):
    """What became of the files of a bucket that changed.

    `before` and `after` are their documents, as in `Ingested`. `places` are where the parsed ones
    are. `paths` are the files whose bytes are not the known ones.
    """

    before: pl.DataFrame
    after: pl.DataFrame
    places: pl.DataFrame
    paths: pl.DataFrame


def _split_changes(files: Ledger, listing: Listing, comparison: Comparison) -> Iterator[_Changes]:
    """The changes of each bucket that has some, or of all if the files are cut in another way."""
    bits = listing.bits
    suspects = split_paths(comparison.suspects["source_path"], bits)
    unopened = split_rows(comparison.unopened, bits)
    gone = split_paths(comparison.gone["source_path"], bits)
    buckets = list_buckets(bits)
    if bits == files.bits:
        buckets = sorted({*suspects, *unopened, *gone})
    none = comparison.suspects["source_path"].clear()
    for bucket in buckets:
        yield _Changes(
            bucket,
            suspects.get(bucket, none),
            unopened.get(bucket, comparison.unopened.clear()),
            gone.get(bucket, none),
        )


def _merge(
    files: Ledger, listing: Listing, read: Chunks, changes: _Changes
) -> tuple[pl.DataFrame, _Merged]:
    """The rows of a bucket as they are now, and what became of the files that changed."""
    path = pl.col("source_path")
    known = files.read(changes.bucket, FILE_COLUMNS)
    found = read.read(changes.bucket)
    is_touched = pl.col("status") == "touched"
    touched = _retouch(known, found.filter(is_touched))
    after = found.filter(~is_touched)
    changed = changes.suspects.filter(~changes.suspects.is_in(touched["source_path"].implode()))
    # Something that is never opened may have taken the place of a file that was read.
    paths = pl.concat([changed, changes.gone, changes.unopened["source_path"]])
    looked_at = pl.concat([paths, touched["source_path"]])
    rows = pl.concat(
        [
            known.filter(~path.is_in(looked_at.implode())),
            changes.unopened.select(FILE_COLUMNS),
            touched,
            after.select(FILE_COLUMNS).cast(pl.Schema(FILES.dtypes)),
        ]
    ).sort("source_path")
    return (
        rows.with_columns(identity=find_identities(rows, listing.read(changes.bucket))),
        _Merged(
            known.filter(path.is_in(paths.implode())).select(CHANGED_COLUMNS),
            after.select(CHANGED_COLUMNS),
            after.drop_nulls("document_id").select(_PLACES),
            paths.to_frame(),
        ),
    )


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


def _finish(promises: Iterator[Promise], count: int, on_progress: OnProgress) -> list[Parsed]:
    parsed: list[Parsed] = []
    done = 0
    for finished in finish_batches(promises):
        parsed += finished.parsed
        done += finished.files
        on_progress("ingest", done, count)
    return parsed


def _read_ledger(parsed: Sequence[Parsed], mapping: PostMapping) -> Iterator[pl.DataFrame]:
    """The rows of the ledger that workers wrote, some files at a time."""
    numbers = accumulate(each.documents is not None for each in parsed)
    is_document = pl.col("document_id").is_not_null()
    written = zip(parsed, numbers, strict=True)
    while some := list(islice(written, _PAGE_BATCHES)):
        rows = pl.concat(
            _read(each.ledger).with_columns(
                _file=number - 1, _row=is_document.cum_sum().cast(pl.Int32) - 1
            )
            for each, number in some
        )
        zones = list_time_zones(rows["source_path"], mapping)
        month = pl.when(is_document).then(read_months(rows["published"], zones))
        dated = rows.with_columns(month.alias("published_month"))
        yield dated.select(_READ_TYPES.names()).cast(_READ_TYPES)


def _read_findings(parsed: Sequence[Parsed]) -> pl.DataFrame:
    found = [_read(each.findings) for each in parsed if each.findings]
    if not found:
        return pl.DataFrame(schema=FINDINGS.dtypes)
    return complete_findings(pl.concat(found).with_columns(table_name=pl.lit("documents")))


def _read(path: Path) -> pl.DataFrame:
    with pa.memory_map(str(path)) as file:
        return pl.DataFrame(pa.ipc.open_file(file).read_all())


def _retouch(known: pl.DataFrame, touched: pl.DataFrame) -> pl.DataFrame:
    """The ledger's rows of files that have another time and the same bytes."""
    columns = ("source_path", "size_bytes", "modified_ns")
    return known.update(touched.select(columns), on="source_path", how="inner")
