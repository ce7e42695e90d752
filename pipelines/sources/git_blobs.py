"""Blobs: the contents of files in a git repository, read by one git process for many."""

import errno
import hashlib
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Final

from pipelines.sources.git_repository import GitRepository
from pipelines.sources.source import MAX_FILE_BYTES, RawContent

_PIECE_BYTES: Final = 1 << 20


class BlobReader:
    """Reads one blob after another."""

    def __init__(self, repository: GitRepository) -> None:
        self._repository = repository
        self._process = _start(repository)

    def read(self, blob: str) -> RawContent:
        """The content of `blob`, which has no time.

        Raises:
            FileNotFoundError: The repository lacks it.
            OSError: It cannot be read.
        """
        try:
            return self._read(blob)
        except (BrokenPipeError, ValueError) as error:
            # A damaged repository ends git. The next blob may be whole.
            self.close()
            self._process = _start(self._repository)
            raise OSError(errno.EIO, "git cannot read it", blob) from error

    def close(self) -> None:
        """End its git."""
        with suppress(BrokenPipeError):
            self._process.communicate()

    def _read(self, blob: str) -> RawContent:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{blob}\n".encode())
        self._process.stdin.flush()
        answer = self._process.stdout.readline().split()
        if answer[1:] == [b"missing"]:
            raise FileNotFoundError(errno.ENOENT, "the repository lacks it", blob)
        _, kind, size = answer
        if kind != b"blob":
            raise ValueError(f"found a {kind!r}")
        data, sha256 = self._take(int(size))
        return RawContent(data, sha256, int(size), 0)

    def _take(self, size: int) -> tuple[bytes, str]:
        """The first bytes of the next blob, at most as many as are ever parsed, and its hash."""
        stream = self._process.stdout
        assert stream is not None
        data = stream.read(min(size, MAX_FILE_BYTES + 1))
        digest, left = hashlib.sha256(data), size - len(data)
        while left and (piece := stream.read(min(left, _PIECE_BYTES))):
            digest.update(piece)
            left -= len(piece)
        if left or stream.read(1) != b"\n":
            raise ValueError("found less than was announced")
        return data, digest.hexdigest()


@dataclass(frozen=True)
class GitBlobs:
    """The contents of a repository: each file is read at the id of its blob."""

    repository: GitRepository
    archive: str | None = None

    def find_archive(self, source_path: str) -> str | None:  # noqa: ARG002
        return self.archive

    def read(self, place: str, /) -> RawContent:
        return open_blobs(self.repository).read(place)


@cache
def open_blobs(repository: GitRepository) -> BlobReader:
    """The reader of this process. Its git ends when this process does."""
    return BlobReader(repository)


def list_sizes(
    repository: GitRepository, ids: Iterable[str], kind: str = "blob"
) -> Iterator[int | None]:
    """How many bytes each object has; None if the repository lacks it, or it is of another kind."""
    check = "--batch-check=%(objecttype) %(objectsize)"
    with repository.feed(ids, "cat-file", "--buffer", check) as process:
        assert process.stdout is not None
        for line in process.stdout:
            found, size = line.decode().split()
            yield int(size) if found == kind else None


def _start(repository: GitRepository) -> subprocess.Popen[bytes]:
    return repository.start("cat-file", "--batch", stdin=subprocess.PIPE)
