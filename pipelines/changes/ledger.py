"""The ledger: what is known of every raw file, against what the disk shows now."""

from typing import Final, NamedTuple

import polars as pl

from pipelines.sources.folder import RawFile

_SUSPECT_COLUMNS: Final = ("source_path", "size_bytes", "content_sha256")
_LISTING_TYPES: Final = {
    "source_path": pl.String,
    "size_bytes": pl.Int64,
    "modified_ns": pl.Int64,
    "ignored_because": pl.String,
}


class Comparison(NamedTuple):
    """A listing against the ledger of the parent snapshot.

    `unchanged` are the ledger's rows of files that need not be looked at again; `suspects` the
    files to read, with their size and the hash by which they are known; `unopened` new rows of
    the ledger, for what is never opened; `gone` its rows of files that are no longer there.
    """

    unchanged: pl.DataFrame
    suspects: pl.DataFrame
    unopened: pl.DataFrame
    gone: pl.DataFrame


def compare_listing(
    files: list[RawFile], ledger: pl.DataFrame, *, is_trusted: bool = True
) -> Comparison:
    """Tell which files must be read again.

    Args:
        files: As they lie on the disk; those that may have been changed since they were known
            show no time.
        ledger: The table `files` of the parent snapshot.
        is_trusted: Whether what was made of a file would be made of it again: if not, every
            file must be read.
    """
    listing = pl.DataFrame(files, schema=_LISTING_TYPES, orient="row")
    if is_trusted and _is_as_known(listing, ledger):
        none = ledger.clear()
        return Comparison(ledger, none.select(_SUSPECT_COLUMNS), unopened=none, gone=none)
    known = ledger.select("source_path", "content_sha256", _size="size_bytes", _ns="modified_ns")
    opened = listing.filter(pl.col("ignored_because").is_null()).join(
        known, on="source_path", how="left"
    )
    is_same = (
        pl.lit(is_trusted)
        & (pl.col("size_bytes") == pl.col("_size"))
        & (pl.col("modified_ns") == pl.col("_ns"))
    ).fill_null(value=False)
    known_sha256 = pl.when(is_trusted).then("content_sha256")
    unopened = listing.filter(pl.col("ignored_because").is_not_null()).join(
        ledger,
        left_on=["source_path", "ignored_because"],
        right_on=["source_path", "reason"],
        how="anti",
    )
    looked_at = pl.concat([opened.filter(~is_same)["source_path"], unopened["source_path"]])
    here = ledger.join(listing, on="source_path", how="semi")
    return Comparison(
        unchanged=here.filter(~pl.col("source_path").is_in(looked_at.implode())),
        suspects=opened.filter(~is_same).with_columns(known_sha256).select(_SUSPECT_COLUMNS),
        unopened=_ledger_rows(unopened, ledger),
        gone=ledger.join(listing, on="source_path", how="anti"),
    )


def _is_as_known(listing: pl.DataFrame, ledger: pl.DataFrame) -> bool:
    """No file is to be looked at, as in most runs: told without joining anything."""
    unopened = pl.when(pl.col("size_bytes").is_null()).then("reason")
    known = ledger.select("source_path", "size_bytes", "modified_ns", ignored_because=unopened)
    return listing.equals(known)


def count_changes(before: pl.DataFrame, after: pl.DataFrame) -> dict[str, int]:
    """How many files are new, changed, renamed, deleted or newly ignored between two ledgers.

    A file is renamed if its path is gone and its bytes are found at a new path, newly ignored if
    it was a post before.
    """
    if after is before:
        return dict.fromkeys(("new", "changed", "renamed", "deleted", "newly_ignored"), 0)
    kept = before.join(after, on="source_path", suffix="_after")
    deleted = len(_list_deleted(before, after))
    renamed = before.height - kept.height - deleted
    is_changed = pl.col("content_sha256_after").ne_missing(pl.col("content_sha256"))
    return {
        "new": after.height - kept.height - renamed,
        "changed": kept.filter(is_changed).height,
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
    """The paths that are gone, but for as many of the same bytes as came at new paths."""
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
