"""What crosses between processes: files to parse, and what became of them."""

from pathlib import Path
from typing import Any, NamedTuple

from pipelines.sources.source import Source
from schemas.language.archive import Archive


class ToParse(NamedTuple):
    """A file to read, with the hash that it is known to have had; None for a new file."""

    source_path: str
    known_sha256: str | None


class Batch(NamedTuple):
    """Files of `source` that are parsed together. Their documents go to the Arrow file `target`."""

    source: Source
    archive: Archive
    files: list[ToParse]
    target: Path


class Piece(NamedTuple):
    """The record batches of the Arrow file `path` from `start` to before `end`."""

    path: Path
    start: int
    end: int


class ParsedDocument(NamedTuple):
    """A row of `documents`: the next one of `piece`. `published` is its date as written."""

    source_path: str
    document_id: str
    published: str | None
    piece: Piece


class Parsed(NamedTuple):
    """What became of some files. It is light, since it crosses from process to process.

    `files` are rows of the table `files`, `findings` of the table `findings`. A file with the bytes
    that it was known by has only its size and time, in `touched`. A file that is gone by now is
    nowhere.
    """

    files: list[dict[str, Any]]
    touched: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    documents: list[ParsedDocument]

    def extend(self, other: "Parsed") -> None:
        """Add what became of other files."""
        self.files.extend(other.files)
        self.touched.extend(other.touched)
        self.findings.extend(other.findings)
        self.documents.extend(other.documents)
