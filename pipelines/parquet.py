"""Parquet files whose bytes depend on the rows alone."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

    from schemas.table import Table

ROW_GROUP_ROWS: Final = 65_536
"""Fixed, since by default the row groups follow the number of threads."""
DATA_PAGE_BYTES: Final = 2**31 - 1
"""One page for a column of a row group: Polars counts the buffers that a column shares with others
to decide where a page ends, so the bytes would depend on what else was in memory."""
ZSTD_LEVEL: Final = 3


def write_parquet(frame: pl.DataFrame, path: Path, table: "Table") -> None:
    """Write `frame`, which has the columns of `table`, with the description of every column.

    Polars and pyarrow read the descriptions from the fields, DuckDB only from the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    described = {f"description:{name}": text for name, text in table.descriptions.items()}
    frame.rechunk().write_parquet(
        path,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        statistics=True,
        row_group_size=ROW_GROUP_ROWS,
        data_page_size=DATA_PAGE_BYTES,
        metadata={"table": table.name, "grain": table.grain, **described},
        arrow_schema=_describe_fields(table),
    )


@cache
def _describe_fields(table: "Table") -> "pa.Schema":
    import pyarrow as pa

    empty = pl.DataFrame(schema=table.dtypes)
    schema = empty.to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    return pa.schema(
        [
            field.with_metadata(
                {**(field.metadata or {}), "description": table.descriptions[field.name]}
            )
            for field in schema
        ]
    )
