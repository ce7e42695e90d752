"""What crosses between processes: files to parse, and where it is written what became of them."""

from pathlib import Path
from typing import NamedTuple

from pipelines.sources.source import Source
from schemas.language.archive import Archive


class ToParse(NamedTuple):
    """A file to read, with the hash that it is known to have had; None for a new file."""

    source_path: str
    known_sha256: str | None


class Batch(NamedTuple):
    """Files of `source` that are parsed together. What became of them is written into `folder`."""

    source: Source
    archive: Archive
    files: list[ToParse]
    folder: Path


class Parsed(NamedTuple):
    """The Arrow files in which it is written what became of a batch.

    They have the columns of `pipelines.documents.rows`. Rows of `documents` stand in the order of
    the ledger's rows that have a `document_id`. A file that is gone by now is nowhere. All of it
    crosses from process to process as one short message, which a worker that dies cannot cut in
    two.
    """

    ledger: Path
    findings: Path | None
    documents: Path | None
