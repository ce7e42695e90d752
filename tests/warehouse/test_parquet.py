"""Parquet files: the same bytes for the same rows, and a description of every column."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet
import pytest

from pipelines.values.ids import identify
from pipelines.warehouse.parquet import ROW_GROUP_ROWS, render_parquet
from schemas.documents import DOCUMENTS
from schemas.language.registry import load_tables

WRITE = """
import hashlib
import polars as pl
from pipelines.values.ids import identify
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
    said = {f"description:{name}": text for name, text in table.descriptions.items()}
    said["grain"] = table.grain
    query = "SELECT decode(key), decode(value) FROM parquet_kv_metadata(?)"
    by_arrow = pyarrow.parquet.read_metadata(path).metadata
    assert {name.decode(): text.decode() for name, text in by_arrow.items()}.items() >= said.items()
    assert dict(duckdb.execute(query, [str(path)]).fetchall()).items() >= said.items()
    assert pl.read_parquet_metadata(path).items() >= said.items()
    assert path.read_bytes().count(table.grain.encode()) == 1
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


def test_headlines_and_teasers_have_no_statistics_but_moments_have(tmp_path: Path) -> None:
    texts = {"title": "a", "title_text": "a", "excerpt": "b", "excerpt_text": "b", "body": "c"}
    rows = pl.DataFrame({"published_at": [datetime(2024, 3, 5, tzinfo=UTC)], "heat": [1], **texts})
    (tmp_path / "part.parquet").write_bytes(render_parquet(rows, load_tables()["articles"]))
    group = pyarrow.parquet.read_metadata(tmp_path / "part.parquet").row_group(0)
    columns = [group.column(each) for each in range(group.num_columns)]
    with_statistics = {each.path_in_schema for each in columns if each.is_stats_set}
    assert with_statistics == {"published_at", "heat"}


@pytest.mark.parametrize("name", ["articles", "images", "related_links", "documents"])
def test_a_reader_knows_of_every_id_whether_a_file_may_have_it(name: str, tmp_path: Path) -> None:
    table = load_tables()[name]
    path = tmp_path / "part.parquet"
    held, other = ([identify(f"{kind}{number}") for number in range(500)] for kind in "ab")
    rows = pl.DataFrame(dict.fromkeys(table.ids, held))
    path.write_bytes(render_parquet(rows, table))
    assert table.ids
    for each in table.ids:
        assert not any(_excludes(path, each, value) for value in held)
        assert sum(_excludes(path, each, value) for value in other) > 450


def _excludes(path: Path, column: str, value: str) -> bool:
    """Whether DuckDB needs not read the only row group of a file for one value."""
    query = "SELECT bloom_filter_excludes FROM parquet_bloom_probe(?, ?, ?)"
    ((excludes,),) = duckdb.execute(query, [str(path), column, value]).fetchall()
    return bool(excludes)


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
