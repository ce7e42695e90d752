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

REPLACED_TYPES: Final = pl.Schema({"source_path": pl.String(), "_partition": pl.String()})
STRETCH_TYPES: Final = pl.Schema(
    {
        "_partition": pl.String(),
        "_file": pl.Int32(),
        "_row": pl.Int32(),
        "_count": pl.Int32(),
    }
)


@dataclass(frozen=True)
class ParsedDocuments:
    """The documents that were parsed, in Arrow files.

    `stretches` has one row for neighbours of one `_partition`, which is their month until it is
    known how months are cut: `_file` says in which of `files` they are, `_row` where they begin,
    and `_count` how many they are. Nothing else is held of a document, so the memory of a run
    hardly grows with the number of files.
    """

    files: Sequence[Path] = ()
    stretches: pl.DataFrame = field(default_factory=STRETCH_TYPES.to_frame)

    def filter(self, is_wanted: pl.Expr) -> "ParsedDocuments":
        """The same documents, but only some of the stretches."""
        return ParsedDocuments(self.files, self.stretches.filter(is_wanted))


@dataclass(frozen=True)
class Ingested:
    """What is known after the raw files that changed were parsed.

    `mapping` says how documents are read. `has_listed` if this run looked at the raw files.
    `files` is the ledger: until the run is concluded, "loaded" means parsed. `findings` are those
    of unchanged files and those of parsing. `replaced` are the documents of the parent that changed
    or are gone: their `source_path`, and the `_partition` that they were in. `waiting` is how many
    files are left to a later run, `first_waiting` are the paths of the first.
    """

    draft: Draft
    mapping: PostMapping
    has_listed: bool
    files: Ledger
    findings: pl.DataFrame
    replaced: pl.DataFrame = field(default_factory=REPLACED_TYPES.to_frame)
    parsed: ParsedDocuments = field(default_factory=ParsedDocuments)
    waiting: int = 0
    first_waiting: Sequence[str] = ()

    @property
    def is_changed(self) -> bool:
        """Whether a document is new, changed or gone."""
        return bool(self.parsed.files or len(self.replaced))


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
