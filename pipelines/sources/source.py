"""The interface of a source: a place where raw files lie."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from pipelines.sources.globs import EVERY_FILE, Globs

MAX_FILE_BYTES: Final = 32 * 1024 * 1024
"""Larger files are hashed in pieces and never held in memory: to load a file, a build needs up to
18 times its size."""
MOST_SETTLE_SECONDS: Final = 31_536_000
"""A year: the longest that a build can be told to leave young files alone."""
NOT_ENTERED: Final = "not entered"
"""The last words of a reason why a folder is ignored, with all that is in it."""


class RawFile(NamedTuple):
    """A file as it was listed.

    `identity` tells this version of the file from any other one. It is None if the file may still
    change without another identity: then only its bytes can tell.

    `ignored_because` is set for what is never opened, like hidden files and symbolic links. These
    have neither size, time nor identity.
    """

    source_path: str
    size_bytes: int | None
    modified_ns: int | None
    identity: str | None
    ignored_because: str | None = None


class RawContent(NamedTuple):
    """The bytes of a file, how many they are, and its time just before they were read.

    `data` has only the first bytes of a file larger than `MAX_FILE_BYTES`.
    """

    data: bytes
    sha256: str
    size_bytes: int
    modified_ns: int


class Contents(Protocol):
    """What is read of files. It crosses to worker processes, so it must be light."""

    def find_archive(self, source_path: str) -> str | None:
        """The name of the archive that a file is of; None if there is only one, without a name."""

    def read(self, place: str, /) -> RawContent:
        """The content of one file: at its source path, or where else it is listed.

        Raises:
            FileNotFoundError: The file is gone, or something else has its name now.
            OSError: The file is there and cannot be read.
        """


class Source(Contents, Protocol):
    """A place where raw files lie."""

    @property
    def address(self) -> str:
        """The place in full, as the manifest records it."""

    def check_readable(self) -> None:
        """Look only whether the place is there.

        Raises:
            RawError: It is not.
        """

    def check_apart(self, warehouse: Path) -> None:
        """Look whether the raw files and the warehouse lie apart.

        Raises:
            RawError: One contains the other.
        """

    def find_file(self, source_path: str) -> str:
        """Where people find the file."""

    def find_path(self, file: str) -> str | None:
        """The source path that `find_file` turns into `file`; None if it is elsewhere."""

    def list_files(self, globs: Globs = EVERY_FILE) -> Iterator[RawFile]:
        """Every file that `globs` match, in any order.

        They come one by one: ten million of them would not fit into memory as objects.

        Raises:
            RawError: A part of the place cannot be listed. Going on would count its files as
                deleted.
        """
