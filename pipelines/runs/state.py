"""The state of a run after each of its steps: values that one step returns and the next one gets.

Light on purpose: a run without changes needs these, but none of the code that fills them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from pipelines.documents.parsed import Piece
from pipelines.warehouse.draft import Draft


class PieceRows(NamedTuple):
    """Rows of a piece, in order of their source paths."""

    piece: Piece
    rows: list[int]


@dataclass(frozen=True)
class Ingested:
    """What is known after the raw files that changed were parsed.

    `listing` is how the raw files look; `has_listed` if this run looked at them. `files` is the
    ledger: until the run is concluded, "loaded" means parsed. `findings` are those of unchanged
    files and those of parsing. `changed_paths` are files that are new, changed or gone.
    `changed_months` are those of their documents, old and new. `pieces` are the new documents of
    each month.
    """

    draft: Draft
    listing: pl.DataFrame
    has_listed: bool
    files: pl.DataFrame
    findings: pl.DataFrame
    changed_paths: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))
    changed_months: frozenset[str] = frozenset()
    pieces: Mapping[str, Sequence[PieceRows]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rebuilt:
    """What is known after the months that were out of date were rebuilt.

    `findings` lack line and column where they are new. `is_drifting` if a document with an `extra`
    came or went. `unknown_keys` are those of the months `read_months`, of which the `extra` was
    parsed already.
    """

    draft: Draft
    findings: pl.DataFrame
    is_drifting: bool = False
    unknown_keys: Sequence[pl.DataFrame] = ()
    read_months: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Concluded:
    """The state to be published. `is_changed` if it is not the parent's."""

    draft: Draft
    files: pl.DataFrame
    findings: pl.DataFrame
    is_changed: bool
