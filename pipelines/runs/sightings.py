"""Sightings: which run saw a finding first, so that people are told only of what is new."""

from contextlib import suppress
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.errors import WarehouseError
from pipelines.tables.finding_search import without_positions
from pipelines.warehouse.layout import SIGHTINGS_NAME, UNPARTITIONED
from pipelines.warehouse.manifest import Manifest
from pipelines.warehouse.notes import read_note, write_note
from pipelines.warehouse.snapshot import Snapshot

FIRST_SEEN: Final = "first_seen_run"
_SAME: Final = ("severity", "table_name", "source_path", "field_path", "rule", "value")
"""Findings that are alike in these are one finding, wherever in a list its item is now."""


def note_sightings(findings: pl.DataFrame, known: pl.DataFrame, run_id: str) -> pl.DataFrame:
    """`findings` with `first_seen_run`: that of `known` ones, and `run_id` for all others."""
    first = _find_places(known).group_by(_SAME).agg(pl.col(FIRST_SEEN).min())
    seen = _find_places(findings).join(
        first, on=_SAME, how="left", nulls_equal=True, maintain_order="left"
    )
    return findings.with_columns(seen[FIRST_SEEN].fill_null(run_id))


def drop_known(findings: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """`findings` without those that are among `known`, wherever in a list their items are."""
    is_new = _find_places(findings).with_row_index("_row")
    left = is_new.join(_find_places(known), on=_SAME, how="anti", nulls_equal=True)["_row"]
    return findings[left.sort().to_list()]


def _find_places(findings: pl.DataFrame) -> pl.DataFrame:
    """`findings` without the positions of items in lists. An item above them moves them."""
    return findings.with_columns(
        pl.col("severity").cast(pl.String), without_positions(pl.col("field_path"))
    )


def read_sightings(snapshot: Snapshot | None) -> pl.DataFrame:
    """The findings of a snapshot with the run that saw each first; none if it is damaged.

    Where this is not noted, it is the run that made the snapshot.
    """
    nothing = pl.DataFrame(schema=dict.fromkeys((*_SAME, FIRST_SEEN), pl.String))
    if snapshot is None:
        return nothing
    with suppress(WarehouseError, pl.exceptions.PolarsError):
        findings = snapshot.read("findings")
        # Another version may lack a column.
        if set(_SAME) <= set(findings.columns):
            return findings.with_columns(read_first_runs(snapshot))
    return nothing


def read_first_runs(snapshot: Snapshot) -> pl.Series:
    """The run that saw each finding of a snapshot first, in the order of the table.

    Where this is not noted, it is the run that made the snapshot.
    """
    count = snapshot.count_rows("findings")
    record = snapshot.manifest.tables["findings"][UNPARTITIONED]
    noted = read_note(snapshot.folder, SIGHTINGS_NAME, record)
    if noted is None or len(noted) != count:
        noted = pl.repeat(snapshot.manifest.run_id, count, dtype=pl.String, eager=True)
    return noted.alias(FIRST_SEEN)


def write_sightings(folder: Path, manifest: Manifest, findings: pl.DataFrame) -> None:
    """Note beside the manifest in `folder` which run saw each of its `findings` first."""
    record = manifest.tables["findings"][UNPARTITIONED]
    write_note(folder, SIGHTINGS_NAME, record, findings[FIRST_SEEN])
