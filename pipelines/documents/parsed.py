"""Parsed: what becomes of a batch of raw files, as it crosses from process to process."""

from pathlib import Path
from typing import Any, NamedTuple


class ToParse(NamedTuple):
    """A file to be read, with the hash it is known to have had (null for a new one)."""

    source_path: str
    known_sha256: str | None


class Piece(NamedTuple):
    """The record batches of the Arrow file `path` from `start` to before `end`."""

    path: Path
    start: int
    end: int


class ParsedDocument(NamedTuple):
    """A row of `documents` that was written to `piece`; `published` as written."""

    source_path: str
    document_id: str
    published: str | None
    piece: Piece


class Parsed(NamedTuple):
    """What became of some files; nothing heavy, since it crosses from process to process.

    `files` are rows of the table `files`, `findings` of the table `findings`; a file whose
    bytes are those it was known by has only its size and time in `touched`, one that is gone by
    now is nowhere.
    """

    files: list[dict[str, Any]]
    touched: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    documents: list[ParsedDocument]

    def extend(self, other: "Parsed") -> None:
        """Take over what became of other files."""
        self.files.extend(other.files)
        self.touched.extend(other.touched)
        self.findings.extend(other.findings)
        self.documents.extend(other.documents)
