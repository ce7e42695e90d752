"""Parquet files whose bytes depend on the rows alone."""

import hashlib
from collections.abc import Sequence
from functools import cache
from itertools import product
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


def hash_columns(path: Path, columns: Sequence[str]) -> str:
    """The SHA-256 of all that stands in `columns`, nested or not.

    It is taken from their pages, which depend on no other column.
    """
    metadata = pyarrow.parquet.read_metadata(path)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for group, place in product(range(metadata.num_row_groups), range(metadata.num_columns)):
            chunk = metadata.row_group(group).column(place)
            if chunk.path_in_schema.partition(".")[0] in columns:
                start = chunk.dictionary_page_offset if chunk.has_dictionary_page else None
                file.seek(chunk.data_page_offset if start is None else start)
                digest.update(chunk.path_in_schema.encode())
                digest.update(file.read(chunk.total_compressed_size))
    return digest.hexdigest()


@cache
def _describe(schema: pa.Schema, table: "Table") -> pa.Schema:
    texts = table.descriptions
    return pa.schema(
        field.with_metadata({**(field.metadata or {}), "description": texts[field.name]})
        for field in schema
    )
