"""The history of an archive in git: which versions its files had, and since when."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import polars as pl

from pipelines.errors import GitError
from pipelines.runs.file_versions import Versions, collect_versions
from pipelines.runs.git_archive import GitArchive, date_commits
from pipelines.runs.progress import OnProgress
from pipelines.sources.git_history import Change, Commit, list_changes, list_commits
from pipelines.values.ids import identify
from schemas.observations import OBSERVATIONS

_STEP_CHANGES: Final = 10_000
"""After so many changes there is a sign of life."""


class History(NamedTuple):
    """The versions of the files that count, up to the commit of the id `revision`.

    `times` are when each of `commits` happened, as far as its date can be true.
    """

    archive: GitArchive
    revision: str
    commits: Sequence[Commit]
    times: Sequence[datetime]
    versions: Versions

    def describe(self) -> dict[str, Any]:
        """What it has, in numbers."""
        dated = zip(self.times, self.commits, strict=True)
        return {
            "commit": self.revision,
            "folder": self.archive.folder,
            "commits": len(self.commits),
            "files": len(self.versions.paths),
            "versions": self.versions.list_distinct().height,
            "misdated": sum(int(time.timestamp()) != each.seconds for time, each in dated),
            "is_shallow": self.archive.opened.is_shallow,
        }


def read_history(
    archive: GitArchive,
    revision: str,
    since: datetime | None,
    now: datetime,
    on_progress: OnProgress,
) -> History:
    """The history of `archive`, with nothing that ended before `since`.

    Raises:
        GitError: It cannot be read, or has no files.
    """
    repository = archive.opened.repository
    commit = repository.resolve(revision)
    commits = list_commits(repository, commit, archive.folder)
    if not commits:
        raise GitError(f"{repository}: no commit has files in the folder {archive.folder!r}")
    changes = _tell(list_changes(repository, commits, archive.folder), len(commits), on_progress)
    versions = collect_versions(changes, archive.counts, archive.prefix)
    times = list(date_commits(commits, now))
    if since:
        versions = versions.since(bisect_left(times, since))
    return History(archive, commit, commits, times, versions)


def date_states(states: pl.DataFrame, history: History, observed_at: datetime) -> pl.DataFrame:
    """A row of observations for each commit that brought a state, in the order of the commits.

    `states` are those of versions, as `build_states` makes them.
    """
    versions = history.versions
    ids = pl.Series(map(identify, versions.paths), dtype=pl.String)
    blobs = pl.Series(versions.blobs, dtype=pl.String)
    moments = pl.Series(history.times, dtype=OBSERVATIONS.dtypes["source_time"])
    brought = versions.rows.drop_nulls("blob")
    dated = brought.select(
        article_id=ids.gather(brought["path"]),
        version=blobs.gather(brought["blob"]),
        source_time=moments.gather(brought["commit"]),
        observed_at=pl.lit(observed_at, OBSERVATIONS.dtypes["observed_at"]),
    )
    found = dated.join(states, on=["article_id", "version"], maintain_order="left")
    return found.select(*OBSERVATIONS.columns)


def _tell(changes: Iterator[Change], commits: int, on_progress: OnProgress) -> Iterator[Change]:
    for number, change in enumerate(changes):
        if number % _STEP_CHANGES == 0:
            on_progress("commits", change.commit, commits)
        yield change
    on_progress("commits", commits, commits)
