"""Contracts that every table keeps."""

import re
from dataclasses import replace

import polars as pl
import pytest

from pipelines.errors import SchemaMismatchError
from pipelines.tables.rows import key_columns
from schemas import TABLE_NAMES, load_table
from schemas.articles import ARTICLES
from schemas.front_matter import FRONT_MATTER, IMAGE, RELATED, Shape
from schemas.images import IMAGES
from schemas.language.table import Table, text
from schemas.related_links import RELATED_LINKS


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_a_table_is_called_what_its_module_is_and_says_all_about_itself(name: str) -> None:
    table = load_table(name)
    assert table.name == name
    assert table.grain.endswith(".")
    assert set(table.key) | set(table.order) <= table.columns.keys()
    assert all(table.descriptions.values())
    own = [column for column in table.columns if name != "documents" or column not in FRONT_MATTER]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", column) for column in own)


@pytest.mark.parametrize(
    ("table", "shape"), [(ARTICLES, FRONT_MATTER), (IMAGES, IMAGE), (RELATED_LINKS, RELATED)]
)
def test_a_column_can_only_be_read_from_a_key_that_documents_have(
    table: Table, shape: Shape
) -> None:
    columns = key_columns(table, shape, pl.col)
    assert [name for name in table.columns if table.front_matter_key(name)] == list(columns)
    unknown = replace(table, columns={**table.columns, "author": text("provider.boss", "Author.")})
    with pytest.raises(
        SchemaMismatchError,
        match=rf"^schemas/{table.name}.py: author is read from the key 'provider.boss', "
        "expected one that is in schemas/front_matter.py$",
    ):
        key_columns(unknown, shape, pl.col)
