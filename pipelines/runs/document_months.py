"""The months of documents: what was parsed takes the place of what a month had."""

import hashlib
from collections.abc import Collection, Iterator
from itertools import groupby
from operator import attrgetter

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.staleness import VIEWS
from pipelines.documents.fitting import frame_fitted
from pipelines.documents.parsed import Piece
from pipelines.documents.rows import build_documents
from pipelines.runs.work import Work
from pipelines.values.months import add_month
from schemas.documents import DOCUMENTS


def replace_documents(work: Work, months: list[str]) -> pl.DataFrame:
    """Write `months` of documents: those they had, less the changed, and those just parsed.

    Returns:
        All their rows, with `published_month`, in the order of the table.
    """
    documents = pa.concat_tables([*_read_parsed(work, months), *_read_kept(work, months)])
    order = (
        add_month(pl.DataFrame(documents.select(["source_path", "publishedDateTime"])))
        .with_row_index("row")
        .filter(pl.col("published_month").is_in(months))
        .sort("published_month", "source_path")
    )
    documents = _gather(documents, order["row"])
    fingerprint = fingerprint_table("documents")
    counts = dict(order["published_month"].value_counts().iter_rows())
    start = 0
    for month in months:
        if month not in counts:
            work.draft.drop("documents", month)
            continue
        rows = documents.slice(start, counts[month])
        start += len(rows)
        hashes = zip(
            *(rows[name].to_pylist() for name in ("source_path", "content_sha256")), strict=True
        )
        files = "\n".join(f"{source_path} {sha256}" for source_path, sha256 in hashes)
        inputs = {"files": hashlib.sha256(files.encode()).hexdigest()}
        work.draft.write(
            DOCUMENTS,
            month,
            rows,
            inputs=inputs,
            fingerprint=fingerprint,
            views=VIEWS["documents"],
        )
    return pl.DataFrame(documents).with_columns(order["published_month"])


def _gather(documents: pa.Table, rows: pl.Series) -> pa.Table:
    """`rows` of `documents`, in this order; a copy could not hold two gigabytes of one column.

    The slices that it is made of share the memory of `documents`. They are few, since documents are
    parsed and kept in order, but for those that are of another month in UTC.
    """
    gathered = [documents.slice(0, 0)]
    start = 0
    shifts = rows.cast(pl.Int64) - pl.int_range(len(rows), eager=True)
    for length, shift in shifts.rle().struct.unnest().iter_rows():
        gathered.append(documents.slice(start + shift, length))
        start += length
    return pa.concat_tables(gathered)


def _read_parsed(work: Work, months: list[str]) -> Iterator[pa.Table]:
    # To concatenate tables is to take the schema of the first. So that it is always the same, this
    # one, without rows, comes first: that of a Parquet file has descriptions, that of a piece none.
    yield build_documents([], frame_fitted([]), [])
    pieces = [piece for month in months for piece in sorted(work.pieces.get(month, ()))]
    read = _read_pieces(set(pieces))
    # By month, as they will be ordered.
    for piece in dict.fromkeys(pieces):
        work.is_drifting |= _has_extra(read[piece])
        yield read[piece]


def _read_pieces(pieces: Collection[Piece]) -> dict[Piece, pa.Table]:
    read = {}
    for path, group in groupby(sorted(pieces), key=attrgetter("path")):
        with pa.memory_map(str(path)) as file:
            reader = pa.ipc.open_file(file)
            for piece in group:
                batches = map(reader.get_batch, range(piece.start, piece.end))
                read[piece] = pa.Table.from_batches(batches)
    return read


def _read_kept(work: Work, months: list[str]) -> Iterator[pa.Table]:
    """The documents of `months` that the last run left and this one does not replace."""
    for rows in work.draft.read_arrow("documents", months):
        paths = pl.DataFrame(rows.select(["source_path"])).to_series()
        is_replaced = paths.is_in(work.changed_paths.implode())
        work.is_drifting |= _has_extra(_gather(rows, is_replaced.arg_true()))
        kept = _gather(rows, (~is_replaced).arg_true())
        # After a change of the columns all documents are parsed again and no row is kept; but a
        # table without rows still has the columns of then, and cannot be put beside those of now.
        if len(kept):
            yield kept


def _has_extra(documents: pa.Table) -> bool:
    extra = documents["extra"]
    return bool(extra.null_count < len(extra))
