"""Spills: rows that a run keeps on disk while it works, since they would fill the memory."""

import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl


def spill_rows(rows: pl.DataFrame, folder: Path) -> Path:
    """Write `rows` into a new file of `folder`, which is swept away with staging."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f".{os.urandom(16).hex()}.arrow"
    # In types that pyarrow reads, too.
    rows.rechunk().write_ipc(path, compat_level=pl.CompatLevel.oldest())
    return path


def read_spilled(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """Some columns of all rows, in the order of `columns`."""
    # Polars would take a path with brackets for a pattern.
    with path.open("rb") as file:
        return pl.read_ipc(file, columns=list(columns)).select(columns)


def read_slice(path: Path, start: int, count: int | None) -> pl.DataFrame:
    """`count` rows from `start` on, or all from there. The rest of the file is not read."""
    import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

    with pa.memory_map(str(path)) as file:
        rows = pa.ipc.open_file(file).read_all().slice(start, count)
        # A copy, since rows that are kept would keep the pages of the map in memory.
        copies = [
            pa.ipc.read_record_batch(batch.serialize(), rows.schema) for batch in rows.to_batches()
        ]
    return pl.DataFrame(pa.Table.from_batches(copies, rows.schema))
