"""The state of a run after each of its steps: values that one step returns and the next one gets.

Light on purpose: a run without changes needs these, but none of the code that fills them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.changes.file_changes import FileChanges
from pipelines.changes.ledger import Ledger
from pipelines.mapping.post_mapping import PostMapping
from pipelines.warehouse.draft import Draft

CHANGED_COLUMNS: Final = ("source_path", "document_id", "published_month")


@dataclass(frozen=True)
class ParsedDocuments:
    """The documents that were parsed, in Arrow files.

    `rows` has one row for each: `document_id`, its `published_month`, and `_file` and `_row`, where
    it is in `files`.
    """

    files: Sequence[Path] = ()
    rows: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(
            schema={
                "document_id": pl.String,
                "published_month": pl.String,
                "_file": pl.Int32,
                "_row": pl.Int32,
            }
        )
    )


@dataclass(frozen=True)
class Ingested:
    """What is known after the raw files that changed were parsed.

    `mapping` says how documents are read. `has_listed` if this run looked at the raw files.
    `files` is the ledger: until the run is concluded, "loaded" means parsed. `findings` are those
    of unchanged files and those of parsing. `changed` are the documents that are new, changed or
    gone: their `source_path`, `document_id` and `published_month`, once for what they were and once
    for what they are.
    """

    draft: Draft
    mapping: PostMapping
    has_listed: bool
    files: Ledger
    findings: pl.DataFrame
    changed: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema=dict.fromkeys(CHANGED_COLUMNS, pl.String))
    )
    parsed: ParsedDocuments = field(default_factory=ParsedDocuments)


@dataclass(frozen=True)
class Rebuilt:
    """What is known after the partitions that were out of date were rebuilt.

    `findings` lack line and column where they are new. `is_drifting` if a document with an unknown
    key came or went. `unknown_keys` are those of the partitions `read_partitions`.
    """

    draft: Draft
    findings: pl.DataFrame
    is_drifting: bool = False
    unknown_keys: Sequence[pl.DataFrame] = ()
    read_partitions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Concluded:
    """The state to be published. `is_changed` if it is not the parent's."""

    draft: Draft
    mapping: PostMapping
    files: Ledger
    findings: pl.DataFrame
    changes: FileChanges
    is_changed: bool
