"""Parquet files whose bytes depend on the rows alone."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.
import pyarrow.parquet  # type: ignore[import-untyped]  # It has no type hints.

if TYPE_CHECKING:
    from schemas.table import Table

ROW_GROUP_ROWS: Final = 65_536
ZSTD_LEVEL: Final = 3

Rows: TypeAlias = "pl.DataFrame | pa.Table"
"""What a file is written from. Documents never leave Arrow: Polars takes three times as long to
write their nested columns."""


def write_parquet(rows: Rows, path: Path, table: "Table") -> None:
    """Write `rows`, which have the columns of `table`, with the description of every column.

    Polars and pyarrow read the descriptions from the fields, DuckDB only from the file.
    """
    if isinstance(rows, pl.DataFrame):
        rows = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = _describe(rows.schema, table)
    with pyarrow.parquet.ParquetWriter(
        path, schema, compression="zstd", compression_level=ZSTD_LEVEL
    ) as writer:
        # In one chunk: where pages end depends on where chunks do.
        columns = rows.combine_chunks().columns
        writer.write_table(pa.Table.from_arrays(columns, schema=schema), ROW_GROUP_ROWS)
        # Not with the schema, which would be written twice.
        described = {f"description:{name}": text for name, text in table.descriptions.items()}
        writer.add_key_value_metadata({"table": table.name, "grain": table.grain, **described})


@cache
def _describe(schema: pa.Schema, table: "Table") -> pa.Schema:
    texts = table.descriptions
    return pa.schema(
        field.with_metadata({**(field.metadata or {}), "description": texts[field.name]})
        for field in schema
    )
