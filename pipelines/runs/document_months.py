"""The months of documents: parsed documents take the place of changed ones."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.changes.staleness import list_views
from pipelines.documents.fitting import Fitter
from pipelines.documents.rows import build_documents
from pipelines.runs.state import PieceRows
from pipelines.warehouse.draft import Draft, Written
from schemas.documents import ARCHIVE, DOCUMENTS


class DocumentMonth(NamedTuple):
    """The documents of one month, in the order of their table.

    `is_drifting` if a document with an `extra` came or went: the unknown keys may be others now.
    """

    documents: pa.Table
    is_drifting: bool


def collect_month(
    draft: Draft, month: str, pieces: Sequence[PieceRows], changed_paths: pl.Series
) -> DocumentMonth:
    """The documents that `month` had, without those of `changed_paths`, and the parsed ones."""
    parsed = list(_read_pieces(pieces))
    kept, replaced = _split_kept(draft.read_arrow("documents", month), changed_paths)
    # Tables are concatenated in the schema of the first one. So that it is always the same, one
    # without rows comes first: the schema of a Parquet file has descriptions.
    nothing = build_documents([], Fitter(ARCHIVE.shape).frame([]), [])
    documents = pa.concat_tables([nothing, *parsed, *kept])
    order = pl.Series(documents["source_path"].to_pylist(), dtype=pl.String).arg_sort()
    is_drifting = any(map(_has_extra, [*parsed, *replaced]))
    return DocumentMonth(_gather(documents, order), is_drifting)


def write_month(draft: Draft, month: str, documents: pa.Table) -> Written:
    """Write the documents of `month`; without any it is left out."""
    if not len(documents):
        return Written("documents", month, None, is_new=False)
    names = ("source_path", "content_sha256")
    hashes = zip(*(documents[name].to_pylist() for name in names), strict=True)
    files = "\n".join(f"{source_path} {sha256}" for source_path, sha256 in hashes)
    return draft.write(
        DOCUMENTS,
        month,
        documents,
        inputs={"files": hashlib.sha256(files.encode()).hexdigest()},
        fingerprint=fingerprint_table("documents"),
        views=list_views("documents"),
    )


def _read_pieces(pieces: Sequence[PieceRows]) -> Iterator[pa.Table]:
    for piece, rows in pieces:
        with pa.memory_map(str(piece.path)) as file:
            reader = pa.ipc.open_file(file)
            batches = map(reader.get_batch, range(piece.start, piece.end))
            yield _gather(pa.Table.from_batches(batches), pl.Series(rows, dtype=pl.UInt32))


def _split_kept(
    rows: pa.Table | None, changed_paths: pl.Series
) -> tuple[list[pa.Table], list[pa.Table]]:
    """The documents that stay, and those that changed or are gone."""
    if rows is None:
        return [], []
    paths = pl.Series(rows["source_path"].to_pylist(), dtype=pl.String)
    is_changed = paths.is_in(changed_paths.implode())
    kept = _gather(rows, (~is_changed).arg_true())
    # After a change of the columns no row is kept, but these still have the columns of then.
    return [kept] if len(kept) else [], [_gather(rows, is_changed.arg_true())]


def _gather(documents: pa.Table, rows: pl.Series) -> pa.Table:
    """`rows` of `documents`, in this order, as slices that share their memory.

    A copy could not hold two gigabytes of one column. The slices are few, since documents are
    parsed and kept in order.
    """
    gathered = [documents.slice(0, 0)]
    start = 0
    shifts = rows.cast(pl.Int64) - pl.int_range(len(rows), eager=True)
    for length, shift in shifts.rle().struct.unnest().iter_rows():
        gathered.append(documents.slice(start + shift, length))
        start += length
    return pa.concat_tables(gathered)


def _has_extra(documents: pa.Table) -> bool:
    extra = documents["extra"]
    return bool(extra.null_count < len(extra))
