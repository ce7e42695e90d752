"""Versions of raw files: those that a history has of the files that count."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import polars as pl

from pipelines.documents.paths import explain_path
from pipelines.sources.git_history import Change
from pipelines.sources.names import is_backup, render_name

_TYPES: Final = pl.Schema({"commit": pl.UInt32(), "path": pl.UInt32(), "blob": pl.UInt32()})
_GONE: Final = 2**32 - 1


@dataclass(frozen=True)
class Versions:
    """Which version of which file came with which commit.

    `rows` has a row for each, in the order of the commits: `commit`, its place in the history, and
    `path` and `blob`, places in `paths` and `blobs`. `blob` is null if the file went.
    """

    paths: Sequence[str]
    blobs: Sequence[str]
    rows: pl.DataFrame

    def since(self, commit: int) -> "Versions":
        """What came with `commit` or later, and the versions that files had when it came."""
        is_before = pl.col("commit") < commit
        is_last = pl.col("commit") == pl.col("commit").filter(is_before).max().over("path")
        return Versions(self.paths, self.blobs, self.rows.filter(~is_before | is_last))

    def list_distinct(self) -> pl.DataFrame:
        """Each version of each file once, those of one file as neighbours, as `path` and `blob`."""
        found = self.rows.drop_nulls("blob").unique(["path", "blob"], keep="first")
        return found.sort("path", "commit", "blob").select("path", "blob")


def collect_versions(
    changes: Iterable[Change], counts: Callable[[str], bool], prefix: str
) -> Versions:
    """The versions of the files that `changes` lists, as far as a build looks at such files.

    `counts` says of the path of a file whether it does. `prefix` comes before each path.
    """
    paths: dict[str, int] = {}
    blobs: dict[str, int] = {}
    places: dict[str, int | None] = {}
    columns = {name: array("I") for name in _TYPES}
    for commit, path, blob in changes:
        if path not in places:
            shown = find_source_path(path)
            is_counted = shown is not None and counts(prefix + shown)
            places[path] = paths.setdefault(f"{prefix}{shown}", len(paths)) if is_counted else None
        place = places[path]
        if place is not None:
            columns["commit"].append(commit)
            columns["path"].append(place)
            columns["blob"].append(blobs.setdefault(blob, len(blobs)) if blob else _GONE)
    rows = pl.DataFrame(columns, schema=_TYPES)
    is_there = pl.col("blob") != _GONE
    return Versions(list(paths), list(blobs), rows.with_columns(pl.when(is_there).then("blob")))


def find_source_path(path: str) -> str | None:
    """The source path of a file; None if no file of this name is a post."""
    names = PurePosixPath(path).parts
    if any(name.startswith(".") for name in names) or is_backup(names[-1]):
        return None
    shown = "/".join(map(render_name, names))
    return shown if explain_path(shown) is None else None
