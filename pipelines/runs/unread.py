"""Unread: the raw files that changed since they were read. Nothing is parsed to find them."""

import logging
from typing import Any, Final

import polars as pl

from pipelines.changes.comparison import compare_listing
from pipelines.changes.ledger import Ledger
from pipelines.changes.listing import Listing
from pipelines.errors import RawError
from pipelines.sources.globs import Globs
from pipelines.sources.source import Source

logger = logging.getLogger(__name__)

MOST_COMPARED: Final = 200
"""If more files look changed than this, their bytes are not compared with those that were read."""


def describe_unread(source: Source, globs: Globs, ledger: Ledger) -> dict[str, Any]:
    """How many files of `source` are `new`, `changed` or `deleted`, and the `first` of them.

    Only an `error` if they cannot be listed. `ledger` says what was read. A file may look changed
    and still have its bytes, as after a copy. Of many such files, all count as changed.
    """
    try:
        compared = compare_listing(Listing(source.list_files(globs)), ledger)
    except RawError as error:
        return {"error": str(error)}
    suspects, gone = compared.suspects, compared.gone
    known = ledger.find(suspects["source_path"], ("source_path", "content_sha256"))
    is_new = ~pl.col("source_path").is_in(known["source_path"].implode())
    new = suspects.filter(is_new)["source_path"]
    changed = suspects.filter(~is_new)["source_path"]
    if len(changed) <= MOST_COMPARED:
        is_same = [_has_hash(source, *row) for row in known.sort("source_path").iter_rows()]
        changed = changed.filter(~pl.Series(is_same, dtype=pl.Boolean))
    deleted = _list_opened(ledger, gone["source_path"])
    first = pl.concat([new, changed, deleted]).min()
    counts = {"new": len(new), "changed": len(changed), "deleted": len(deleted)}
    if first is None:
        return counts
    logger.info("raw files changed since and were not read, the first is %r: %s", first, counts)
    return {**counts, "first": first}


def _list_opened(ledger: Ledger, source_paths: pl.Series) -> pl.Series:
    """Those that were read. Others, like hidden files, never are."""
    known = ledger.find(source_paths, ("source_path", "size_bytes"))
    return known.drop_nulls("size_bytes")["source_path"]


def _has_hash(source: Source, source_path: str, sha256: str | None) -> bool:
    """Whether a file still has the bytes that were read. One that cannot be read may have not."""
    try:
        return source.read(source_path).sha256 == sha256
    except OSError:
        return False
