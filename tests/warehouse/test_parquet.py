"""Parquet files: the same bytes for the same rows, and a description of every column."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet
import pytest

from pipelines.warehouse.parquet import ROW_GROUP_ROWS, render_parquet
from schemas.documents import DOCUMENTS
from schemas.language.registry import load_tables

WRITE = """
import hashlib
import polars as pl
from pipelines.warehouse.parquet import render_parquet
from schemas.related_links import RELATED_LINKS
rows = pl.DataFrame({name: [None] * 200_000 for name in RELATED_LINKS.columns},
                    schema=RELATED_LINKS.dtypes).with_columns(
    position=pl.int_range(200_000, dtype=pl.Int32), title=pl.int_range(200_000).cast(pl.String))
file = render_parquet(pl.concat([rows[:77_777], rows[77_777:]], rechunk=False), RELATED_LINKS)
print(hashlib.sha256(file).hexdigest())
"""


@pytest.mark.parametrize("name", list(load_tables()))
def test_every_reader_sees_the_description_of_every_column(name: str, tmp_path: Path) -> None:
    table = load_tables()[name]
    path = tmp_path / "part.parquet"
    path.write_bytes(render_parquet(pl.DataFrame(schema=table.dtypes), table))
    fields = pyarrow.parquet.read_schema(path)
    described = {field.name: field.metadata[b"description"].decode() for field in fields}
    assert described == table.descriptions
    query = "SELECT key::VARCHAR, value::VARCHAR FROM parquet_kv_metadata(?)"
    metadata = dict(duckdb.execute(query, [str(path)]).fetchall())
    assert metadata["grain"] == table.grain
    assert all(f"description:{column}" in metadata for column in table.columns)
    assert pl.read_parquet_schema(path) == table.dtypes


def test_row_groups_have_one_size(tmp_path: Path) -> None:
    rows = pl.DataFrame({"heat": [1] * (ROW_GROUP_ROWS + 9)}, schema={"heat": pl.Int32})
    (tmp_path / "part.parquet").write_bytes(render_parquet(rows, load_tables()["articles"]))
    metadata = pyarrow.parquet.read_metadata(tmp_path / "part.parquet")
    assert [metadata.row_group(each).num_rows for each in (0, 1)] == [ROW_GROUP_ROWS, 9]


def test_rows_that_are_too_heavy_for_one_row_group_are_written_in_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pl.DataFrame(
        {"source_path": list("abcdefg"), "body": ["x" * 90, "", "y" * 900, *"zzzz"]},
        schema={name: DOCUMENTS.dtypes[name] for name in ("source_path", "body")},
    )
    monkeypatch.setattr("pipelines.warehouse.parquet.ROW_GROUP_BYTES", 500)
    (tmp_path / "part.parquet").write_bytes(render_parquet(rows, DOCUMENTS))
    metadata = pyarrow.parquet.read_metadata(tmp_path / "part.parquet")
    groups = [metadata.row_group(each).num_rows for each in range(metadata.num_row_groups)]
    assert groups == [2, 1, 1, 3]
    assert pl.read_parquet(tmp_path / "part.parquet").equals(rows)


def test_long_texts_have_no_statistics_and_distinct_items_are_written_once(tmp_path: Path) -> None:
    related = [[f"{number % 3}" + "x" * 900_000] * 2 for number in range(9)]
    rows = pl.DataFrame(
        {"source_path": [str(number) for number in range(9)], "related": related},
        schema={name: DOCUMENTS.dtypes[name] for name in ("source_path", "related")},
    )
    (tmp_path / "part.parquet").write_bytes(render_parquet(rows, DOCUMENTS))
    group = pyarrow.parquet.read_metadata(tmp_path / "part.parquet").row_group(0)
    path, items = group.column(0), group.column(1)
    assert (path.is_stats_set, items.is_stats_set) == (True, False)
    assert items.total_uncompressed_size < 3 * 901_000


def test_bytes_do_not_depend_on_chunks_or_threads() -> None:
    written = {
        subprocess.run(
            [sys.executable, "-c", WRITE],
            env={**os.environ, "POLARS_MAX_THREADS": threads},
            check=True,
            capture_output=True,
        ).stdout
        for threads in ("1", "4")
    }
    assert len(written) == 1
