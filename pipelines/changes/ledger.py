"""The ledger: what is known of every raw file, compared with how it looks now."""

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


def frame_listing(files: list[RawFile]) -> pl.DataFrame:
    """The files of a listing as rows."""
    return pl.DataFrame(files, schema=LISTING_TYPES, orient="row")


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
    opened = listing.filter(pl.col("ignored_because").is_null()).join(
        known.select(
            "source_path",
            "content_sha256",
            _size="size_bytes",
            _ns="modified_ns",
            _identity="identity",
        ),
        on="source_path",
        how="left",
    )
    # An unknown value is null, and null equals nothing.
    is_same = (
        pl.lit(is_parser_unchanged)
        & (pl.col("size_bytes") == pl.col("_size"))
        & (pl.col("modified_ns") == pl.col("_ns"))
        & (pl.col("identity") == pl.col("_identity"))
        & pl.col("content_sha256").is_not_null()
    ).fill_null(value=False)
    known_sha256 = pl.when(is_parser_unchanged).then("content_sha256")
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
    listed = listing.select(*_LOOK, "identity")
    return files.select(_LOOK).join(listed, on=_LOOK, how="left", maintain_order="left")["identity"]


def count_changes(before: pl.DataFrame, after: pl.DataFrame) -> dict[str, int]:
    """How many files are new, changed, renamed, deleted or newly ignored between two ledgers.

    A file is renamed if its path is gone and its bytes are found at a new path. It is newly ignored
    if it was a post before.
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
    """The paths that are gone, less one for each new path with the same bytes."""
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
