"""What crosses between processes: files to parse, and the files that say what became of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from pipelines.mapping.post_mapping import PostMapping
from pipelines.sources.source import Contents
from schemas.language.archive import Archive

NAMED_FILES: Final = 3
"""How many of the files that cannot be read are named."""


class ToParse(NamedTuple):
    """A file to read, with the hash that it is known to have had; None for a new file.

    `place` is where the source has it, if that is not its path.
    """

    source_path: str
    known_sha256: str | None
    place: str | None = None


class Batch(NamedTuple):
    """Files of `source` that are parsed together. What became of them is written into `folder`."""

    source: Contents
    archive: Archive
    mapping: PostMapping
    files: list[ToParse]
    folder: Path


@dataclass(frozen=True)
class Unreadable:
    """How many files cannot be read, and the first of them with what the system says."""

    count: int = 0
    first: tuple[tuple[str, str], ...] = ()

    def add(self, other: "Unreadable") -> "Unreadable":
        """Both together."""
        return Unreadable(self.count + other.count, (self.first + other.first)[:NAMED_FILES])


class Parsed(NamedTuple):
    """The Arrow files that say what became of a batch.

    Their columns are those of `pipelines.documents.rows`. The rows of `documents` are in the order
    of the ledger's rows that have a `document_id`. A raw file that is gone by now has no row. A
    `Parsed` is a short message, so a worker that dies cannot cut it in two.
    """

    ledger: Path
    findings: Path | None
    documents: Path | None
    unreadable: Unreadable = Unreadable()
