"""Files of a git repository as a source: each is read from the blob that it has there."""

import errno
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.sources.git_blobs import open_blobs
from pipelines.sources.git_repository import GitRepository
from pipelines.sources.globs import EVERY_FILE, Globs
from pipelines.sources.source import RawContent, RawFile


@dataclass(frozen=True)
class GitFiles:
    """The files at the paths of `blobs`, of the archive of this name, if there are several."""

    repository: GitRepository
    blobs: Mapping[str, str]
    archive: str | None = None

    def __str__(self) -> str:
        return self.address

    @property
    def address(self) -> str:
        return f"git:{self.repository}"

    def check_readable(self) -> None:
        """The repository was opened, so it is there."""

    def check_apart(self, warehouse: Path) -> None:
        """Nothing is written where git keeps its files."""

    def find_archive(self, source_path: str) -> str | None:  # noqa: ARG002
        return self.archive

    def find_file(self, source_path: str) -> str:
        return f"{self.address}:{source_path}"

    def find_path(self, file: str) -> str | None:
        prefix = f"{self.address}:"
        return file.removeprefix(prefix) if file.startswith(prefix) else None

    def list_files(self, globs: Globs = EVERY_FILE) -> Iterator[RawFile]:
        for path, blob in self.blobs.items():
            if globs.match(path):
                yield RawFile(path, None, None, blob)

    def read(self, source_path: str) -> RawContent:
        if source_path not in self.blobs:
            raise FileNotFoundError(errno.ENOENT, "no such file", source_path)
        return open_blobs(self.repository).read(self.blobs[source_path])
