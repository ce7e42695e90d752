"""Rejects: the findings of a snapshot that match, in whole, by the page or in groups."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.runs.sightings import FIRST_SEEN, read_first_runs
from pipelines.tables.finding_search import match_findings, without_positions
from pipelines.warehouse.snapshot import Snapshot, read_rows

PAGE_ROWS: Final = 50
"""How many findings are on a page."""
_ORDER: Final = ("source_path", "line", "column_number")
_SHOWN: Final = (*_ORDER, "field_path", "message", "rule")
_KIND: Final = ["severity", "table_name", "rule"]


@dataclass(frozen=True)
class Rejects:
    """Findings of a snapshot, file by file.

    Each answer reads only the columns that it needs, since there may be a million findings.
    """

    folder: Path
    rows: pl.LazyFrame

    def select(
        self,
        *,
        severity: str | None = None,
        table: str | None = None,
        path: str | None = None,
        rule: str | None = None,
        field: str | None = None,
        first_seen_run: str | None = None,
    ) -> "Rejects":
        """Those of them that match.

        `path` is a source path, or a glob over source paths. `field` is a field path, with or
        without the positions in lists: `images[3].url` or `images[].url`.

        Raises:
            ValueError: `path` is neither.
        """
        wanted = {
            "severity": severity,
            "table_name": table,
            "rule": rule,
            FIRST_SEEN: first_seen_run,
        }
        rows = match_findings(self.rows, self._read, wanted, path=path, field=field)
        return replace(self, rows=rows)

    def count(self) -> dict[str, int]:
        """How many errors and warnings there are."""
        counted = self._read(self.rows.group_by(pl.col("severity").cast(pl.String)).len())
        return {"error": 0, "warning": 0, **dict(counted.iter_rows())}

    def read(self, page: int | None = None) -> pl.DataFrame:
        """All of them, or those of a page, from 1."""
        rows = self.rows.sort(_ORDER, maintain_order=True)
        return self._read(rows if page is None else rows.slice((page - 1) * PAGE_ROWS, PAGE_ROWS))

    def read_shown(self, page: int | None = None) -> pl.DataFrame:
        """The same, with what a line of text shows and no more."""
        return replace(self, rows=self.rows.select("severity", *_SHOWN)).read(page)

    def group(self, most_fields: int | None = None) -> pl.DataFrame:
        """One row per severity, table, field and rule: errors first, then the most frequent.

        `field` is a field path without positions in lists. If a rule was broken in more than
        `most_fields` fields of a table, it has one row that counts them.

        Returns:
            The group, its number of `findings` and of `files`, and the place and the message of
            its `first` finding.
        """
        rows = self.rows.with_columns(field=without_positions(pl.col("field_path")))
        if most_fields is not None:
            fields = pl.col("field").n_unique().over(_KIND)
            counted = pl.format("{} fields", fields)
            rows = rows.with_columns(
                field=pl.when(fields > most_fields).then(counted).otherwise("field")
            )
        groups = rows.group_by("severity", "table_name", "field", "rule").agg(
            findings=pl.len(),
            files=pl.col("source_path").n_unique(),
            first=pl.struct(_SHOWN).sort_by(_SHOWN).first(),
        )
        order = ["severity", "findings", "table_name", "rule", "field"]
        return self._read(groups.sort(order, descending=[False, True, False, False, False]))

    def list_rules(self) -> list[str]:
        """The rules that were broken, in order of the alphabet."""
        return self._list_names(pl.col("rule"))

    def list_fields(self) -> list[str]:
        """The field paths that have findings, without positions in lists."""
        return self._list_names(without_positions(pl.col("field_path")))

    def _list_names(self, names: pl.Expr) -> list[str]:
        found = self._read(self.rows.select(name=names.drop_nulls().unique().sort()))
        return found["name"].to_list()

    def _read(self, rows: pl.LazyFrame) -> pl.DataFrame:
        return read_rows(rows, self.folder)


def open_rejects(snapshot: Snapshot) -> Rejects:
    """All findings of `snapshot`, with the run that saw each first. Their files are proven whole.

    Raises:
        DamagedError: One is not.
    """
    snapshot.check_bytes("findings", snapshot.manifest.tables["findings"])
    first_runs = read_first_runs(snapshot).to_frame().lazy()
    rows = pl.concat([snapshot.scan("findings"), first_runs], how="horizontal")
    return Rejects(snapshot.folder / "findings", rows)


def count_pages(total: int) -> int:
    """How many pages `total` findings fill, at least one."""
    return max(1, -(-total // PAGE_ROWS))
