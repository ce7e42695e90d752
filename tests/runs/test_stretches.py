"""Stretches: a few rows say where thousands of parsed documents are."""

from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from pipelines.documents.rows import write_arrow
from pipelines.runs.state import STRETCH_TYPES, ParsedDocuments
from pipelines.runs.stretches import cut_stretches, list_stretches, read_stretches

MARCH, APRIL = "2023-03", "2023-04"


@pytest.mark.parametrize(
    ("places", "stretches"),
    [
        ([], []),
        ([(MARCH, 0, 0), (MARCH, 0, 1), (MARCH, 0, 2)], [(MARCH, 0, 0, 3)]),
        ([(MARCH, 0, 0), (APRIL, 0, 1), (APRIL, 0, 2)], [(MARCH, 0, 0, 1), (APRIL, 0, 1, 2)]),
        ([(MARCH, 0, 1), (MARCH, 1, 0)], [(MARCH, 0, 1, 1), (MARCH, 1, 0, 1)]),
        ([(MARCH, 0, 0), (MARCH, 0, 2)], [(MARCH, 0, 0, 1), (MARCH, 0, 2, 1)]),
    ],
)
def test_neighbours_of_one_month_and_file_are_a_stretch(
    places: list[tuple[str, int, int]], stretches: list[tuple[str, int, int, int]]
) -> None:
    schema = {"_partition": pl.String, "_file": pl.Int32, "_row": pl.UInt32}
    assert list_stretches(pl.DataFrame(places, schema, orient="row")).rows() == stretches


@pytest.fixture
def parsed(tmp_path: Path) -> ParsedDocuments:
    """Documents in two files, of which the ids begin with the numbers of their rows."""
    ids = [f"{number}000" for number in range(8)]
    files = [write_arrow(pa.table({"document_id": ids}), tmp_path) for _ in range(2)]
    rows = [(MARCH, 0, 1, 3), (APRIL, 0, 5, 1), (APRIL, 1, 0, 1)]
    return ParsedDocuments(files, pl.DataFrame(rows, STRETCH_TYPES, orient="row"))


def test_documents_are_read_with_their_partitions(parsed: ParsedDocuments) -> None:
    first, second = read_stretches(parsed)
    assert first.rows["document_id"].to_pylist() == ["1000", "2000", "3000", "4000", "5000"]
    assert first.partitions.to_list() == [MARCH, MARCH, MARCH, None, APRIL]
    assert second.rows["document_id"].to_pylist() == ["0000"]
    (march,) = read_stretches(parsed.filter(pl.col("_partition") == MARCH))
    assert march.rows["document_id"].to_pylist() == ["1000", "2000", "3000"]
    assert list(read_stretches(ParsedDocuments())) == []


def test_stretches_of_a_month_that_is_cut_are_those_of_its_parts(parsed: ParsedDocuments) -> None:
    assert cut_stretches(parsed, {MARCH: 3, APRIL: 0}).stretches.rows() == [
        (APRIL, 0, 5, 1),
        (APRIL, 1, 0, 1),
        (f"{MARCH}/000", 0, 1, 1),
        (f"{MARCH}/001", 0, 2, 2),
    ]
