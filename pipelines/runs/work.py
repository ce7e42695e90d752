"""The work in progress of one run, passed from step to step."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import polars as pl

from pipelines.documents.parsed import Piece
from pipelines.warehouse.draft import Draft
from pipelines.warehouse.listing import Listing

OnProgress: TypeAlias = Callable[[str, int, int], None]
"""Told the name of a step, how much of it is done, and how much there is."""


def ignore_progress(_step: str, _done: int, _total: int) -> None:
    """Show nothing."""


@dataclass
class Work:
    """What the steps of one run share.

    `before` is the table `files` of the parent snapshot, `files` that of the state to be
    published: until it is concluded, a document counts as loaded even if its article is not.
    `findings` lack line and column where they are new. `listing` is when the files of `files`
    were listed, and in which folder; `NEVER_NS` if that is another than `raw` is. `include` is a
    glob over the source path, other files count as not there.

    What was ingested in this run, if `is_ingested`: `changed_paths` are files that are new, other
    than they were, or gone, `changed_months` those that their documents are or were in, `pieces`
    where the new documents of a month are. `is_drifting` once a document with an `extra` came or
    went: then the unknown keys may be others.

    What is too heavy to be passed from a worker to this process lies in `workers_folder`.
    """

    raw: Path
    include: str | None
    draft: Draft
    workers_folder: Path
    before: pl.DataFrame
    files: pl.DataFrame
    findings: pl.DataFrame
    listing: Listing
    on_progress: OnProgress
    changed_paths: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))
    changed_months: set[str] = field(default_factory=set)
    pieces: dict[str, set[Piece]] = field(default_factory=dict)
    is_drifting: bool = False
    is_ingested: bool = False

    @property
    def is_changed(self) -> bool:
        """The state to be published differs from the parent, be it in one file's time.

        Or in where the files are and which of them count, which may be all that changed.
        """
        parent = self.draft.parent
        place = (str(self.raw), self.include)
        if self.draft.is_changed or (
            parent and (parent.manifest.raw, parent.manifest.include) != place
        ):
            return True
        return self.files is not self.before and not (
            self.files.sort("source_path").equals(self.before)
        )

    def narrow(self, months: Collection[str]) -> "Work":
        """The work on the partitions of `months` alone, light enough to be done elsewhere."""
        draft = self.draft.narrow(months)
        documents = draft.tables["documents"]
        return replace(
            self,
            draft=draft,
            before=self.before.clear(),
            files=self.files.clear(),
            findings=self.findings.clear(),
            on_progress=ignore_progress,
            # They tell which published documents are replaced; without any they are not needed.
            changed_paths=self.changed_paths if documents else self.changed_paths.clear(),
            changed_months=self.changed_months.intersection(months),
            pieces={month: self.pieces[month] for month in months if month in self.pieces},
            is_drifting=False,
        )

    def drop_findings(self, source_paths: pl.Series, table: str | None = None) -> None:
        """Forget what was found in these files, for `table` or for all."""
        is_dropped = pl.col("source_path").is_in(source_paths.implode())
        if table:
            is_dropped &= pl.col("table_name") == table
        self.findings = self.findings.filter(~is_dropped)

    def add_findings(self, findings: pl.DataFrame) -> None:
        """Add what was found just now."""
        self.findings = pl.concat([self.findings, findings])

    def list_paths(self, months: Iterable[str]) -> pl.Series:
        """The files whose document is in one of `months`."""
        return self.files.filter(pl.col("published_month").is_in(list(months)))["source_path"]
