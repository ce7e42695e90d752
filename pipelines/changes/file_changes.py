"""File changes: how many files are new, changed, renamed or lost between two ledgers."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import polars as pl

from pipelines.changes.buckets import list_buckets
from pipelines.changes.comparison import align_rows
from pipelines.changes.ledger import Ledger

NAMED_FILES: Final = 20
"""How many files of each kind of change are named."""
_COLUMNS: Final = ("source_path", "content_sha256", "status")
_CAME: Final = pl.Schema({"source_path": pl.String(), "content_sha256": pl.String()})


class FileChanges(NamedTuple):
    """What became of the files between two ledgers.

    `statuses_before` and `statuses` are how many files have each status. `counts` are how many are
    `new`, `changed`, `renamed`, `deleted` or `newly_ignored`. A file is renamed if its path is gone
    and its bytes are found at a new path. It is newly ignored if it was a post before. `names` are
    the first paths of each kind; of a renamed file it is the new one. `lost` are the paths of posts
    that are deleted or newly ignored, in order.

    `came_in` is how many files are new or changed, and loaded or rejected. `new_rejects` are the
    paths of those among them that are rejected now, and were not before.
    """

    statuses_before: Mapping[str, int]
    statuses: Mapping[str, int]
    counts: Mapping[str, int]
    names: Mapping[str, list[str]]
    lost: pl.Series
    came_in: int
    new_rejects: pl.Series


def compare_ledgers(before: Ledger, after: Ledger) -> FileChanges:
    """Find out what became of the files. Only buckets that differ are compared."""
    statuses_before: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    found = [_BucketChanges.nothing()]
    differing = []
    for bucket in list_buckets(after.bits):
        if after.has_same(before, bucket):
            same = _count_statuses(after.read(bucket, ("status",)))
            statuses_before += same
            statuses += same
        else:
            rows_before, rows = (each.read(bucket, _COLUMNS) for each in (before, after))
            statuses_before += _count_statuses(rows_before)
            statuses += _count_statuses(rows)
            found.append(_compare_bucket(rows_before, rows))
            differing.append(bucket)
    gone = pl.concat([each.gone for each in found]).sort("source_path")
    came = sum(each.came for each in found)
    renamed = _CAME.to_frame()
    if len(gone) and came:
        renamed = _find_renamed(gone, (_list_came(before, after, each) for each in differing))
    deleted = _list_deleted(gone, renamed)
    posts = gone.filter("was_post")["source_path"]
    newly_ignored = pl.concat([each.newly_ignored for each in found]).sort()
    counts = {
        "new": came - renamed.height,
        "changed": sum(each.changed for each in found),
        "renamed": renamed.height,
        "deleted": len(deleted),
        "newly_ignored": len(newly_ignored),
    }
    names = {
        "new": _name_new(before, after, differing if counts["new"] else [], renamed),
        "changed": pl.concat([each.first_changed for each in found]),
        "renamed": renamed["source_path"],
        "deleted": deleted,
        "newly_ignored": newly_ignored,
    }
    return FileChanges(
        statuses_before,
        statuses,
        counts,
        {kind: paths.sort().head(NAMED_FILES).to_list() for kind, paths in names.items()},
        lost=pl.concat([deleted.filter(deleted.is_in(posts.implode())), newly_ignored]).sort(),
        came_in=sum(each.came_in for each in found) - _count_posts(gone, renamed),
        new_rejects=_leave_out(pl.concat([each.new_rejects for each in found]), renamed).sort(),
    )


def _leave_out(source_paths: pl.Series, renamed: pl.DataFrame) -> pl.Series:
    """`source_paths` without those that are only new names."""
    return source_paths.filter(~source_paths.is_in(renamed["source_path"].implode()))


def _count_posts(gone: pl.DataFrame, renamed: pl.DataFrame) -> int:
    """How many of the `renamed` files were posts by their former names."""
    posts = gone.filter("was_post")["content_sha256"]
    return renamed.filter(pl.col("content_sha256").is_in(posts.implode())).height


def count_statuses(ledger: Ledger) -> Counter[str]:
    """How many files have each status."""
    rows = (ledger.read(bucket, ("status",)) for bucket in ledger.buckets)
    return sum(map(_count_statuses, rows), Counter())


def count_ignored(ledger: Ledger) -> dict[str, int]:
    """How many files are ignored for each reason, the most common first."""
    reasons: Counter[str] = Counter()
    for bucket in ledger.buckets:
        ignored = ledger.read(bucket, ("status", "reason")).filter(status="ignored")
        reasons.update(dict(ignored["reason"].value_counts().iter_rows()))
    return dict(sorted(reasons.items(), key=lambda each: (-each[1], each[0])))


class _BucketChanges(NamedTuple):
    """The changes of one bucket. A file may come in another bucket than the one that it left.

    `gone` are the paths and hashes of files that are gone, and whether each was a post. `came` is
    how many came, `first_changed` are the first of those that `changed`. `came_in` and
    `new_rejects` are those of `FileChanges`, but with renamed files.
    """

    gone: pl.DataFrame
    came: int
    changed: int
    first_changed: pl.Series
    newly_ignored: pl.Series
    came_in: int
    new_rejects: pl.Series

    @classmethod
    def nothing(cls) -> "_BucketChanges":
        types = {"source_path": pl.String, "content_sha256": pl.String, "was_post": pl.Boolean}
        gone = pl.DataFrame(schema=types)
        nothing = gone["source_path"]
        return cls(gone, 0, 0, nothing, nothing, 0, nothing)


def _count_statuses(rows: pl.DataFrame) -> Counter[str]:
    return Counter(dict(rows["status"].cast(pl.String).value_counts().iter_rows()))


def _compare_bucket(before: pl.DataFrame, after: pl.DataFrame) -> _BucketChanges:
    known = align_rows(before.with_columns(_is_kept=pl.lit(value=True)), after["source_path"])
    is_kept = known["_is_kept"].fill_null(value=False)
    is_changed = is_kept & known["content_sha256"].ne_missing(after["content_sha256"])
    is_newly_ignored = is_kept & (after["status"] == "ignored") & (known["status"] != "ignored")
    is_gone = ~pl.col("source_path").is_in(after["source_path"].implode())
    is_read = is_changed | ~is_kept
    is_new_reject = is_read & (after["status"] == "rejected")
    is_new_reject &= (known["status"] != "rejected").fill_null(value=True)
    return _BucketChanges(
        gone=before.filter(is_gone).select(
            "source_path", "content_sha256", was_post=pl.col("status") != "ignored"
        ),
        came=len((~is_kept).arg_true()),
        changed=len(is_changed.arg_true()),
        first_changed=after["source_path"].filter(is_changed).head(NAMED_FILES),
        newly_ignored=after["source_path"].filter(is_newly_ignored),
        came_in=len((is_read & (after["status"] != "ignored")).arg_true()),
        new_rejects=after["source_path"].filter(is_new_reject),
    )


def _list_came(before: Ledger, after: Ledger, bucket: str) -> pl.DataFrame:
    """The paths and hashes of the files that came."""
    known = before.read(bucket, ("source_path",)).to_series()
    rows = after.read(bucket, _CAME.names())
    return rows.filter(~pl.col("source_path").is_in(known.implode()))


def _find_renamed(gone: pl.DataFrame, came: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Of the files that came, those with the bytes of one that is gone, one for each.

    A first build has many files that came, but no path that is gone, so they are not kept.
    """
    is_known = pl.col("content_sha256").is_in(gone["content_sha256"].implode())
    found = pl.concat([_CAME.to_frame(), *(each.filter(is_known) for each in came)])
    counts = gone.group_by("content_sha256").agg(_count=pl.len())
    return _take_first(found.sort("source_path"), counts)


def _list_deleted(gone: pl.DataFrame, renamed: pl.DataFrame) -> pl.Series:
    """The paths that are gone, less one for each file that was renamed."""
    counts = renamed.group_by("content_sha256").agg(_count=pl.len())
    moved = _take_first(gone, counts)["source_path"]
    return gone["source_path"].filter(~gone["source_path"].is_in(moved.implode()))


def _take_first(files: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """Of the files of each hash, the first `_count` that `counts` says."""
    ranked = files.with_columns(_rank=pl.int_range(pl.len()).over("content_sha256"))
    joined = ranked.join(counts, on="content_sha256", maintain_order="left")
    return joined.filter(pl.col("_rank") < pl.col("_count")).select(files.columns)


def _name_new(
    before: Ledger, after: Ledger, differing: Iterable[str], renamed: pl.DataFrame
) -> pl.Series:
    """The first of the files that came, less those that were only renamed."""
    is_new = ~pl.col("source_path").is_in(renamed["source_path"].implode())
    found = [_CAME.to_frame()["source_path"]]
    for bucket in differing:
        came = _list_came(before, after, bucket).filter(is_new)
        found.append(came["source_path"].head(NAMED_FILES))
    return pl.concat(found)
