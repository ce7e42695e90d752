"""The history of a post: what changed from snapshot to snapshot, among those that are kept."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from pipelines.reports.post_reader import Row, Version

_COMPARED = ("content_sha256", "status", "reason", "published_month")


def list_changes(versions: Sequence[Version]) -> list[Row]:
    """Each snapshot that changed the post, the newest first, and what it changed.

    `versions` are those of all snapshots, the newest first. The oldest one that has the post is
    there, too: nothing is known of what was before.
    """
    changes = [
        {**newer.made, "status": newer.status, "changed": changed}
        for newer, older in pairwise(versions)
        if (changed := list(_compare(newer, older)))
    ]
    oldest = versions[-1]
    if oldest.file:
        changes.append({**oldest.made, "status": oldest.status, "changed": []})
    return changes


def _compare(newer: Version, older: Version) -> Iterator[str]:
    """What differs: columns of the article, or else the status or the bytes of the file."""
    if newer.status != older.status:
        yield f"{older.status} before"
    elif newer.article and older.article:
        names = dict.fromkeys([*newer.article, *older.article])
        yield from (each for each in names if newer.article.get(each) != older.article.get(each))
        if newer.article == older.article and _read(newer) != _read(older):
            yield "bytes of the file"
    elif _read(newer) != _read(older):
        yield "bytes of the file"


def _read(version: Version) -> list[Any]:
    return [version.file[name] for name in _COMPARED] if version.file else []


def list_values(
    versions: Sequence[Version], read: Callable[[Version], tuple[bool, Any]]
) -> list[Row]:
    """The values that something had, the newest first, each with the snapshot that made it.

    `read` says whether a version has a value, and which. Of a version without one, it is None, and
    `status` says what became of the file. `until` is the last snapshot that had the value.
    """
    found = [(version, read(version)) for version in versions]
    values = []
    for (is_there, value), group in groupby(found, key=lambda each: each[1]):
        members = [version for version, _ in group]
        newest, oldest = members[0], members[-1]
        status = None if is_there else newest.status
        until = newest.made["snapshot"]
        values.append({"value": value, "status": status, **oldest.made, "until": until})
    return values


def join_values(values: Sequence[Row]) -> list[Row]:
    """`values` without the gaps between them. Values that are the same on both sides are joined."""
    joined: list[Row] = []
    for each in values:
        last = joined[-1] if joined else None
        if last and each["status"]:
            continue
        if last and not last["status"] and last["value"] == each["value"]:
            joined[-1] = {**each, "until": last["until"]}
        else:
            joined.append(each)
    return joined
