"""Rows that a run keeps on disk while it works."""

from pathlib import Path

import polars as pl

from pipelines.warehouse.spill import read_slice, read_spilled, spill_rows

ROWS = 300_000
"""More than Polars writes into one batch."""


def test_spilled_rows_are_read_as_they_were(tmp_path: Path) -> None:
    status = pl.Series(["loaded", None] * (ROWS // 2), dtype=pl.Enum(["loaded", "ignored"]))
    rows = pl.DataFrame({"number": range(ROWS), "status": status})
    folder = tmp_path / "a[1]*"
    path = spill_rows(rows, folder)
    assert spill_rows(rows, folder) != path
    assert read_spilled(path, ["status", "number"]).equals(rows.select("status", "number"))


def test_a_slice_is_read_wherever_it_lies(tmp_path: Path) -> None:
    rows = pl.DataFrame({"number": range(ROWS), "text": [f"text {each}" for each in range(ROWS)]})
    path = spill_rows(rows, tmp_path)
    for start in (0, 1, 65_000, 131_000, 262_000, ROWS - 500, ROWS):
        assert read_slice(path, start, 500).equals(rows.slice(start, 500))
    assert read_slice(path, 10, None).equals(rows.slice(10))
