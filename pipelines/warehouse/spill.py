"""Spills: rows that a run keeps on disk while it works, since they would fill the memory."""

import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl


def spill_rows(rows: pl.DataFrame, folder: Path) -> Path:
    """Write `rows` into a new file of `folder`, which is swept away with staging."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f".{os.urandom(16).hex()}.arrow"
    # Arrow's own types, which `read_slice` can map.
    rows.rechunk().write_ipc(path, compat_level=pl.CompatLevel.oldest())
    return path


def read_spilled(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """Some columns of all rows."""
    return pl.read_ipc(path, columns=list(columns))


def read_slice(path: Path, start: int, count: int | None) -> pl.DataFrame:
    """`count` rows from `start` on, or all from there. The rest of the file is not read."""
    import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

    with pa.memory_map(str(path)) as file:
        rows = pa.ipc.open_file(file).read_all().slice(start, count)
        # A copy: rows would hold on to the map, and its pages count as memory of this process.
        copies = [
            pa.ipc.read_record_batch(batch.serialize(), rows.schema) for batch in rows.to_batches()
        ]
    return pl.DataFrame(pa.Table.from_batches(copies, rows.schema))
