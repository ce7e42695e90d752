"""An archive in git: which folder of a repository has the files of a warehouse, and since when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Final

from pipelines.errors import UsageError
from pipelines.sources.addresses import open_source
from pipelines.sources.git_history import Commit
from pipelines.sources.git_repository import OpenedGit
from pipelines.sources.globs import Globs
from pipelines.sources.mounts import Mount, Mounts
from pipelines.warehouse.manifest import Manifest

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_RIGHT_AFTER: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class GitArchive:
    """An archive in a repository.

    `folder` is its folder there, empty at the root. `name` is None if the warehouse has only this
    archive. `globs` say which files count, by their paths in the archive and in the warehouse.
    """

    opened: OpenedGit
    folder: str
    name: str | None
    globs: tuple[Globs, Globs]

    @property
    def prefix(self) -> str:
        """What the paths of its files begin with in the warehouse."""
        return f"{self.name}/" if self.name else ""

    def counts(self, source_path: str) -> bool:
        """Whether the file counts, by the globs of the last build."""
        inside, outside = self.globs
        is_inside = inside.match(source_path.removeprefix(self.prefix))
        return is_inside and outside.match(source_path)


def find_git_archive(
    opened: OpenedGit, manifest: Manifest, folder: str | None, name: str | None
) -> GitArchive:
    """The archive of a snapshot in a repository.

    `folder` is where its files are there. By default, that is the raw folder, if it lies in the
    repository, or else the folder at which this was opened.

    Raises:
        UsageError: There is no archive of this `name`, or it must be said which of several it is.
    """
    mount = _find_mount(manifest, name)
    if folder is None:
        raw = mount.source.address if mount else manifest.raw
        folder = _find_below(opened.root, raw) or opened.place
    globs = Globs(manifest.include, manifest.exclude)
    inside = mount.globs if mount else Globs()
    return GitArchive(opened, _clean(folder), mount.name if mount else None, (inside, globs))


def date_commits(commits: Iterable[Commit], now: datetime) -> Iterator[datetime]:
    """When each commit happened, in the order of the commits.

    A clock may have been wrong: no commit is older than the one before it, or later than `now`.
    Such a commit, or one of the same second, counts as made right after the one before, so that
    each state has a moment of its own.
    """
    latest = int(now.timestamp())
    moment = _EPOCH
    for each in commits:
        said = _EPOCH + timedelta(seconds=each.seconds) if 0 < each.seconds <= latest else moment
        moment = max(said, moment + _RIGHT_AFTER)
        yield moment


def _find_mount(manifest: Manifest, name: str | None) -> Mount | None:
    source = open_source(manifest.raw)
    if not isinstance(source, Mounts):
        if name:
            raise UsageError("the warehouse has only one archive, without a name", "--archive")
        return None
    known = {mount.name: mount for mount in source.mounts}
    if name not in known:
        said = "say which archive lies in the repository" if name is None else f"no archive {name}"
        raise UsageError(f"{said}; there are: {', '.join(known)}", "--archive")
    return known[name]


def _find_below(root: Path | None, raw: str) -> str:
    """The path of the raw folder below `root`; empty if it does not lie there."""
    place = Path(raw).resolve()
    is_below = root is not None and place.is_relative_to(root.resolve())
    return place.relative_to(root.resolve()).as_posix() if root and is_below else ""


def _clean(folder: str) -> str:
    parts = PurePosixPath(folder).parts
    if ".." in parts or folder.startswith("/"):
        raise UsageError(f"found {folder}, expected a folder in the repository", "--folder")
    return "/".join(parts)
