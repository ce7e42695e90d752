"""Unread: the raw files that changed since they were read. Nothing is parsed to find them."""

import logging
from typing import Any, Final

import polars as pl

from pipelines.changes.comparison import compare_listing
from pipelines.changes.ledger import Ledger
from pipelines.changes.listing import Listing
from pipelines.errors import PipelineError
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
        counts, first = _count_unread(source, globs, ledger)
    except (PipelineError, OSError) as error:
        # The run succeeded, even if the raw files cannot be listed now.
        return {"error": str(error)}
    if first is None:
        return counts
    logger.info("raw files changed since and were not read, the first is %r: %s", first, counts)
    return {**counts, "first": first}


def _count_unread(
    source: Source, globs: Globs, ledger: Ledger
) -> tuple[dict[str, Any], str | None]:
    compared = compare_listing(Listing(source.list_files(globs)), ledger)
    paths = compared.suspects["source_path"]
    known = ledger.find(paths, ("source_path", "content_sha256")).sort("source_path")
    changed = known["source_path"]
    new = paths.filter(~paths.is_in(changed.implode()))
    if len(changed) <= MOST_COMPARED:
        is_same = [_has_hash(source, *row) for row in known.iter_rows()]
        changed = changed.filter(~pl.Series(is_same, dtype=pl.Boolean))
    deleted = _list_opened(ledger, compared.gone["source_path"])
    first = next(iter(pl.concat([new, changed, deleted]).sort()), None)
    return {"new": len(new), "changed": len(changed), "deleted": len(deleted)}, first


def _list_opened(ledger: Ledger, source_paths: pl.Series) -> pl.Series:
    """Those that were read. Others, like hidden files, never are."""
    known = ledger.find(source_paths, ("source_path", "size_bytes"))
    return known.drop_nulls("size_bytes")["source_path"]


def _has_hash(source: Source, source_path: str, sha256: str | None) -> bool:
    """Whether a file still has the bytes that were read. False if it cannot be read."""
    try:
        return source.read(source_path).sha256 == sha256
    except OSError:
        return False
