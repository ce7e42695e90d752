"""The work in progress of one run, passed from step to step."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import polars as pl

from pipelines.warehouse.draft import Draft

OnProgress: TypeAlias = Callable[[str, int, int], None]
"""Told the name of a step, how much of it is done, and how much there is."""


def ignore_progress(_step: str, _done: int, _total: int) -> None:
    """Show nothing."""


@dataclass
class Work:
    """What the steps of one run share.

    `before` is the table `files` of the parent snapshot, `files` that of the state to be
    published: until it is concluded, a document counts as loaded even if its article is not.
    `findings` lack line and column where they are new. `listed_ns` is when the files of `files`
    were listed. `is_ingested` says that documents changed in this run.
    """

    raw: Path
    draft: Draft
    parsed: Path
    before: pl.DataFrame
    files: pl.DataFrame
    findings: pl.DataFrame
    listed_ns: int
    on_progress: OnProgress
    is_ingested: bool = False

    @property
    def is_changed(self) -> bool:
        """The state to be published differs from the parent, be it in one file's time."""
        return self.draft.is_changed or not self.files.sort("source_path").equals(self.before)

    def drop_findings(self, table: str, source_paths: pl.Series) -> None:
        """Forget what was found in these files for `table`."""
        is_dropped = (pl.col("table_name") == table) & pl.col("source_path").is_in(
            source_paths.implode()
        )
        self.findings = self.findings.filter(~is_dropped)

    def add_findings(self, findings: pl.DataFrame) -> None:
        """Add what was found just now."""
        self.findings = pl.concat([self.findings, findings])

    def list_paths(self, months: Iterable[str]) -> pl.Series:
        """The files whose document is or was in one of `months`."""
        both = pl.concat([self.before, self.files]).filter(
            pl.col("published_month").is_in(list(months))
        )
        return both["source_path"].unique()
