"""The ledger: what is known of every raw file, compared with how it looks now."""

from collections.abc import Iterable
from itertools import islice
from typing import Final, NamedTuple

import polars as pl

from pipelines.sources.source import RawFile

LISTING_TYPES: Final = {
    "source_path": pl.String,
    "size_bytes": pl.Int64,
    "modified_ns": pl.Int64,
    "identity": pl.String,
    "ignored_because": pl.String,
}
"""The columns of a listing: one row per `RawFile`, in order of `source_path`."""

PAGE_FILES: Final = 50_000
"""Files of a listing that are in memory as objects. They take three times as much as rows."""

_LOOK: Final = ("source_path", "size_bytes", "modified_ns")
_SUSPECT_COLUMNS: Final = ("source_path", "size_bytes", "content_sha256")


class Comparison(NamedTuple):
    """A listing compared with the ledger of the parent snapshot.

    `unchanged` are the ledger's rows of files that need not be read. `suspects` are the files to
    read, with their size and their known hash. `unopened` are new rows of the ledger for what is
    never opened. `gone` are the ledger's rows of files that are no longer there.
    """

    unchanged: pl.DataFrame
    suspects: pl.DataFrame
    unopened: pl.DataFrame
    gone: pl.DataFrame


def frame_listing(files: Iterable[RawFile]) -> pl.DataFrame:
    """The files of a listing as rows, in order of their paths."""
    found = iter(files)
    pages = [pl.DataFrame(schema=LISTING_TYPES)]
    while page := list(islice(found, PAGE_FILES)):
        pages.append(pl.DataFrame(page, schema=LISTING_TYPES, orient="row"))
    return pl.concat(pages).sort("source_path")


def compare_listing(
    listing: pl.DataFrame,
    ledger: pl.DataFrame,
    identities: pl.Series | None,
    *,
    is_parser_unchanged: bool = True,
) -> Comparison:
    """Find the files that must be read.

    A file is unchanged if its size, time and identity are the known ones. All others are read, and
    their bytes decide. A file that a parser died of is always read, since that may have been for
    want of memory.

    Args:
        listing: The files as they look now.
        ledger: The table `files` of the parent snapshot.
        identities: The identity of each row of `ledger`; None if no identity is known.
        is_parser_unchanged: False if the parser changed: then every file is read.
    """
    known = ledger.with_columns(
        identity=pl.lit(None, pl.String) if identities is None else identities
    )
    if is_parser_unchanged and _is_all_known(listing, known):
        none = ledger.clear()
        return Comparison(ledger, none.select(_SUSPECT_COLUMNS), unopened=none, gone=none)
    before = _align(known, listing["source_path"])
    both = listing.hstack(before.select(pl.all().name.suffix("_before")))
    is_opened = pl.col("ignored_because").is_null()
    # An unknown value is null, and null equals nothing.
    is_same = pl.lit(is_parser_unchanged) & pl.col("content_sha256_before").is_not_null()
    for name in (*_LOOK[1:], "identity"):
        is_same &= pl.col(name) == pl.col(f"{name}_before")
    suspects = both.filter(is_opened, ~is_same.fill_null(value=False))
    unopened = both.filter(
        ~is_opened, pl.col("ignored_because").ne_missing(pl.col("reason_before"))
    )
    known_sha256 = pl.col("content_sha256_before") if is_parser_unchanged else pl.lit(None)
    looked_at = pl.concat([suspects["source_path"], unopened["source_path"]])
    is_here = ledger["source_path"].is_in(listing["source_path"].implode())
    return Comparison(
        unchanged=ledger.filter(is_here, ~pl.col("source_path").is_in(looked_at.implode())),
        suspects=suspects.with_columns(content_sha256=known_sha256.cast(pl.String)).select(
            _SUSPECT_COLUMNS
        ),
        unopened=_ledger_rows(unopened, ledger),
        gone=ledger.filter(~is_here),
    )


def _align(rows: pl.DataFrame, source_paths: pl.Series) -> pl.DataFrame:
    """The row of each of `source_paths`, without its path; all null if it has none.

    Most runs find the files that were there before. Then nothing is joined: of ten million files
    that would take gigabytes.
    """
    if rows["source_path"].equals(source_paths):
        return rows.drop("source_path")
    wanted = source_paths.to_frame("source_path")
    return wanted.join(rows, on="source_path", how="left", maintain_order="left").drop(
        "source_path"
    )


def _is_all_known(listing: pl.DataFrame, known: pl.DataFrame) -> bool:
    """Whether no file must be read, as in most runs. Found out without a join."""
    unopened = pl.when(pl.col("size_bytes").is_null()).then("reason")
    looks = known.select(*_LOOK, "identity", ignored_because=unopened)
    # `equals` takes two unknown identities for the same.
    is_identified = listing["identity"].null_count() == listing["size_bytes"].null_count()
    return is_identified and listing.equals(looks) and list_deadly(known).is_empty()


def list_deadly(ledger: pl.DataFrame) -> pl.Series:
    """The paths of the files that a parser died of: they were read, and no hash is recorded."""
    is_read = pl.col("size_bytes").is_not_null()
    return ledger.filter(is_read & pl.col("content_sha256").is_null())["source_path"]


def find_identities(files: pl.DataFrame, listing: pl.DataFrame) -> pl.Series:
    """The identity of each row of the table `files`, as `listing` has it.

    It is None for a file that did not look as it was listed when it was read.
    """
    listed = _align(listing.select(*_LOOK, "identity"), files["source_path"])
    is_alike = pl.lit(value=True)
    for name in _LOOK[1:]:
        is_alike &= pl.col(name) == files[name]
    return listed.select(pl.when(is_alike).then("identity")).to_series()


def count_changes(before: pl.DataFrame, after: pl.DataFrame) -> dict[str, int]:
    """How many files are new, changed, renamed, deleted or newly ignored between two ledgers.

    A file is renamed if its path is gone and its bytes are found at a new path. It is newly ignored
    if it was a post before.
    """
    if after is before:
        return dict.fromkeys(("new", "changed", "renamed", "deleted", "newly_ignored"), 0)
    hashes = before.select("source_path", "content_sha256", is_kept=pl.lit(value=True))
    known = _align(hashes, after["source_path"])
    is_kept = known["is_kept"].fill_null(value=False)
    kept = len(is_kept.arg_true())
    deleted = len(_list_deleted(before, after))
    renamed = before.height - kept - deleted
    is_changed = known["content_sha256"].ne_missing(after["content_sha256"])
    return {
        "new": after.height - kept - renamed,
        "changed": len((is_kept & is_changed).arg_true()),
        "renamed": renamed,
        "deleted": deleted,
        "newly_ignored": len(_list_newly_ignored(before, after)),
    }


def list_lost(before: pl.DataFrame, after: pl.DataFrame) -> pl.Series:
    """The paths that `count_changes` counts as deleted or newly ignored, in order."""
    if after is before:
        return before.clear()["source_path"]
    return pl.concat([_list_deleted(before, after), _list_newly_ignored(before, after)]).sort()


def _list_deleted(before: pl.DataFrame, after: pl.DataFrame) -> pl.Series:
    """The paths that are gone, less one for each new path with the same bytes."""
    if before["source_path"].equals(after["source_path"]):
        return before.clear()["source_path"]
    came = (
        after.join(before, on="source_path", how="anti")
        .group_by("content_sha256")
        .agg(_came=pl.len())
    )
    gone = before.join(after, on="source_path", how="anti").with_columns(
        _rank=pl.int_range(pl.len()).over("content_sha256")
    )
    is_renamed = pl.col("_rank") < pl.col("_came").fill_null(0)
    return gone.join(came, on="content_sha256", how="left").filter(~is_renamed)["source_path"]


def _list_newly_ignored(before: pl.DataFrame, after: pl.DataFrame) -> pl.Series:
    ignored = after.filter(pl.col("status") == "ignored")
    posts = before.filter(pl.col("status") != "ignored")
    return posts.join(ignored, on="source_path", how="semi")["source_path"]


def _ledger_rows(unopened: pl.DataFrame, ledger: pl.DataFrame) -> pl.DataFrame:
    """Rows of the table `files` for what is never opened."""
    empty = ledger.clear()
    return pl.concat(
        [
            empty,
            unopened.select(
                "source_path",
                status=pl.lit("ignored").cast(empty.schema["status"]),
                reason="ignored_because",
            ),
        ],
        how="diagonal",
    )
