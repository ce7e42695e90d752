"""File changes: how many files are new, changed, renamed or lost between two ledgers."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import polars as pl

from pipelines.changes.buckets import list_buckets
from pipelines.changes.comparison import align_rows
from pipelines.changes.ledger import Ledger

_COLUMNS: Final = ("source_path", "content_sha256", "status")


class FileChanges(NamedTuple):
    """What became of the files between two ledgers.

    `statuses_before` and `statuses` are how many files have each status. `counts` are how many are
    `new`, `changed`, `renamed`, `deleted` or `newly_ignored`. A file is renamed if its path is gone
    and its bytes are found at a new path. It is newly ignored if it was a post before. `lost` are
    the paths of posts that are deleted or newly ignored, in order.
    """

    statuses_before: Mapping[str, int]
    statuses: Mapping[str, int]
    counts: Mapping[str, int]
    lost: pl.Series


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
    deleted = gone["source_path"]
    if len(gone) and came:
        hashes = (_list_came(before, after, bucket) for bucket in differing)
        deleted = _list_deleted(gone, hashes)
    posts = gone.filter("was_post")["source_path"]
    deleted_posts = deleted.filter(deleted.is_in(posts.implode()))
    newly_ignored = pl.concat([each.newly_ignored for each in found])
    renamed = gone.height - len(deleted)
    counts = {
        "new": came - renamed,
        "changed": sum(each.changed for each in found),
        "renamed": renamed,
        "deleted": len(deleted),
        "newly_ignored": len(newly_ignored),
    }
    return FileChanges(
        statuses_before, statuses, counts, pl.concat([deleted_posts, newly_ignored]).sort()
    )


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
    how many came.
    """

    gone: pl.DataFrame
    came: int
    changed: int
    newly_ignored: pl.Series

    @classmethod
    def nothing(cls) -> "_BucketChanges":
        types = {"source_path": pl.String, "content_sha256": pl.String, "was_post": pl.Boolean}
        gone = pl.DataFrame(schema=types)
        return cls(gone, 0, 0, gone["source_path"])


def _count_statuses(rows: pl.DataFrame) -> Counter[str]:
    return Counter(dict(rows["status"].cast(pl.String).value_counts().iter_rows()))


def _compare_bucket(before: pl.DataFrame, after: pl.DataFrame) -> _BucketChanges:
    known = align_rows(before.with_columns(_is_kept=pl.lit(value=True)), after["source_path"])
    is_kept = known["_is_kept"].fill_null(value=False)
    is_changed = is_kept & known["content_sha256"].ne_missing(after["content_sha256"])
    is_newly_ignored = is_kept & (after["status"] == "ignored") & (known["status"] != "ignored")
    is_gone = ~pl.col("source_path").is_in(after["source_path"].implode())
    return _BucketChanges(
        gone=before.filter(is_gone).select(
            "source_path", "content_sha256", was_post=pl.col("status") != "ignored"
        ),
        came=len((~is_kept).arg_true()),
        changed=len(is_changed.arg_true()),
        newly_ignored=after["source_path"].filter(is_newly_ignored),
    )


def _list_came(before: Ledger, after: Ledger, bucket: str) -> pl.Series:
    """The hashes of the files that came."""
    known = before.read(bucket, ("source_path",)).to_series()
    rows = after.read(bucket, _COLUMNS)
    return rows["content_sha256"].filter(~rows["source_path"].is_in(known.implode()))


def _list_deleted(gone: pl.DataFrame, came: Iterable[pl.Series]) -> pl.Series:
    """The paths that are gone, less one for each new path with the same bytes.

    `came` are the hashes of the files at new paths. A first build has many of them, but no path
    that is gone, so they are not kept.
    """
    is_gone = pl.col("content_sha256").is_in(gone["content_sha256"].implode())
    hashes = pl.concat(each.to_frame().filter(is_gone) for each in came)
    counts = hashes.group_by("content_sha256").agg(_came=pl.len())
    ranked = gone.with_columns(_rank=pl.int_range(pl.len()).over("content_sha256"))
    is_renamed = pl.col("_rank") < pl.col("_came").fill_null(0)
    joined = ranked.join(counts, on="content_sha256", how="left", maintain_order="left")
    return joined.filter(~is_renamed)["source_path"]
