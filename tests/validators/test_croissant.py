"""croissant.json: mlcroissant accepts it, and reads all rows by it."""

import pytest

from tests.conftest import Archive
from tests.validators.conftest import run_program, write_description

pytestmark = pytest.mark.slow


def test_all_rows_are_records(described: Archive) -> None:
    path = write_description(described, "croissant", described.warehouse.root / "croissant.json")
    found = run_program("croissant", path)
    tables = described.snapshot.manifest.tables
    assert found["counts"] == {name: described.snapshot.count_rows(name) for name in tables}


def test_a_record_has_every_column_and_the_month(sample: Archive) -> None:
    path = write_description(sample, "croissant", sample.warehouse.root / "croissant.json")
    first = run_program("croissant", path)["first"]["articles"]
    row = sample.rows("articles").row(0, named=True)
    assert list(first) == [f"articles/{name}" for name in row]
    assert first["articles/topics"] == row["topics"]
    assert first["articles/published_month"] == row["published_month"]
