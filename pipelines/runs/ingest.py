"""ingest: the raw files that changed are parsed. Their documents wait to be written."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.changes.buckets import list_buckets
from pipelines.changes.chunks import Chunks
from pipelines.changes.comparison import Comparison, find_identities
from pipelines.changes.differences import Differences
from pipelines.changes.ledger import FILE_COLUMNS
from pipelines.changes.listing import Listing
from pipelines.documents.batches import Promise, finish_batches
from pipelines.documents.parsed import Parsed, Unreadable
from pipelines.errors import UnreadableError
from pipelines.mapping.post_mapping import PostMapping
from pipelines.runs.progress import OnProgress
from pipelines.runs.start import Start
from pipelines.runs.state import REPLACED_TYPES, STRETCH_TYPES, Ingested, ParsedDocuments
from pipelines.runs.stretches import list_stretches
from pipelines.sources.source import Source
from pipelines.tables.drift import DRIFT_RULE
from pipelines.tables.findings import complete_findings
from pipelines.tables.locality import list_time_zones
from pipelines.tables.lost_posts import build_lost_posts, find_lost_posts, reject_lost_posts
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
    }
)
"""The rows of the ledger that workers wrote, with their month. `status` may be `touched`, too."""
_PAGE_BATCHES: Final = 50
"""Batches whose rows are read together. Each alone would be too small for Polars."""


def ingest_files(
    start: Start,
    listing: Listing,
    differences: Differences,
    promises: Iterator[Promise],
    mapping: PostMapping,
    on_progress: OnProgress,
) -> Ingested:
    """Collect what became of the suspects of `differences`, which workers parse.

    Raises:
        UnreadableError: Some of them cannot be read.
    """
    parsed = _finish(promises, differences.count, start.source, on_progress)
    stretches = [STRETCH_TYPES.to_frame()]
    read = Chunks(_read_ledger(parsed, mapping, stretches), _READ_TYPES, start.scratch)
    files = start.files.cut(listing.bits)
    merged: list[_Merged] = []
    # If the files were cut in another way before, all buckets are new.
    is_cut_so = listing.bits == start.files.bits
    for bucket in differences.buckets if is_cut_so else list_buckets(listing.bits):
        rows, outcome = _merge(
            start, bucket, listing.read(bucket), differences.read(bucket), read.read(bucket)
        )
        files = files.put(bucket, rows, start.scratch)
        merged.append(outcome)
    replaced = pl.concat([REPLACED_TYPES.to_frame(), *(each.replaced for each in merged)])
    is_settled = pl.col("source_path").is_in([path for each in merged for path in each.settled])
    return Ingested(
        draft=start.draft.mark_stale(_list_found(start, replaced)),
        mapping=mapping,
        has_listed=True,
        files=files,
        findings=pl.concat(
            [
                start.findings.filter(~is_settled),
                _read_findings(parsed),
                *(each.lost_posts for each in merged),
            ]
        ),
        replaced=replaced,
        parsed=ParsedDocuments(
            [each.documents for each in parsed if each.documents], pl.concat(stretches)
        ),
    )


class _Merged(NamedTuple):
    """What became of the files of a bucket that changed.

    `replaced` are documents, as in `Ingested`. `settled` are the files that had findings, and whose
    bytes are not the known ones. `lost_posts` are the findings of files that are no posts any more.
    """

    replaced: pl.DataFrame
    settled: pl.Series
    lost_posts: pl.DataFrame


def _merge(
    start: Start, bucket: str, listed: pl.DataFrame, changes: Comparison, found: pl.DataFrame
) -> tuple[pl.DataFrame, _Merged]:
    """The rows of a bucket as they are now, and what became of the files that changed.

    `listed` are its files, `changes` what differs from the ledger, `found` the files that were
    read.
    """
    path = pl.col("source_path")
    known = start.files.read(bucket, FILE_COLUMNS)
    is_touched = pl.col("status") == "touched"
    touched = _retouch(known, found.filter(is_touched))
    after, lost_posts = _find_lost_posts(start, bucket, found.filter(~is_touched))
    suspects = changes.suspects["source_path"]
    changed = suspects.filter(~suspects.is_in(touched["source_path"].implode()))
    # Something that is never opened may have taken the place of a file that was read.
    paths = pl.concat([changed, changes.gone["source_path"], changes.unopened["source_path"]])
    looked_at = pl.concat([paths, touched["source_path"]])
    rows = pl.concat(
        [
            known.filter(~path.is_in(looked_at.implode())),
            changes.unopened.select(FILE_COLUMNS),
            touched,
            after.select(FILE_COLUMNS).cast(pl.Schema(FILES.dtypes)),
        ]
    ).sort("source_path")
    replaced = known.filter(path.is_in(paths.implode())).drop_nulls("document_id")
    partitions = name_partitions(replaced, list_bits(start.draft.tables["documents"]))
    # A file that waits was not read. Without an identity the next run cannot take it for known.
    seen = listed.filter(~path.is_in(changes.waiting["source_path"].implode()))
    return (
        rows.with_columns(identity=find_identities(rows, seen)),
        _Merged(
            replaced.select("source_path", _partition=partitions),
            paths.filter(paths.is_in(start.findings["source_path"].implode())),
            lost_posts,
        ),
    )


def _find_lost_posts(
    start: Start, bucket: str, read: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The files that were `read`, and findings for those that were posts and are none any more."""
    before = start.history.read(bucket, ("source_path", "status"))
    lost = find_lost_posts(read, before)
    number = start.parent.number if start.parent else 0
    return reject_lost_posts(read, lost), build_lost_posts(lost, start.findings, number)


def _list_found(start: Start, replaced: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """The partitions whose findings are in documents that were `replaced`, as (table, partition).

    They must be rebuilt, since the findings may have other lines now. Their rows may be the same,
    so nothing else makes them stale. A key that drifts is reported at its first file alone, so
    `findings` is stale if that file is among `replaced`.
    """
    drift = start.findings.filter(rule=DRIFT_RULE)["source_path"]
    if drift.is_in(replaced["source_path"].implode()).any():
        yield ("findings", UNPARTITIONED)
    found = start.findings.filter(pl.col("table_name").is_in(list_derived()))
    in_partitions = found.join(replaced, on="source_path")
    yield from in_partitions.select("table_name", "_partition").unique().iter_rows()


def _finish(
    promises: Iterator[Promise], count: int, source: Source, on_progress: OnProgress
) -> list[Parsed]:
    """What became of all files.

    Raises:
        UnreadableError: Some cannot be read. All of them are known by then.
    """
    parsed: list[Parsed] = []
    done = 0
    for finished in finish_batches(promises):
        parsed += finished.parsed
        done += finished.files
        on_progress("ingest", done, count)
    check_readable(parsed, source)
    return parsed


def check_readable(parsed: Sequence[Parsed], source: Source) -> None:
    """Check that all files of `source` that were to be parsed could be read.

    Raises:
        UnreadableError: Some could not.
    """
    unreadable = Unreadable()
    for each in parsed:
        unreadable = unreadable.add(each.unreadable)
    if unreadable.count:
        named = [(source.find_file(path), problem) for path, problem in unreadable.first]
        raise UnreadableError(unreadable.count, named)


def _read_ledger(
    parsed: Sequence[Parsed], mapping: PostMapping, stretches: list[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """The rows of the ledger that workers wrote, some files at a time.

    Adds to `stretches` where their documents are, as in `ParsedDocuments`.
    """
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
        documents = dated.filter(is_document).with_columns(_partition="published_month")
        stretches.append(list_stretches(documents))
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
