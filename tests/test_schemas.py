"""Contracts that every table keeps."""

import re
from typing import Any

import pytest

from schemas import TABLE_NAMES, load_table
from schemas.articles import ARTICLES
from schemas.front_matter import FRONT_MATTER
from schemas.images import IMAGES
from schemas.related_links import RELATED_LINKS
from schemas.table import Table


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_a_table_is_called_what_its_module_is_and_says_all_about_itself(name: str) -> None:
    table = load_table(name)
    assert table.name == name
    assert table.grain.endswith(".")
    assert set(table.key) | set(table.order) <= table.columns.keys()
    assert all(table.descriptions.values())
    own = [column for column in table.columns if name != "documents" or column not in FRONT_MATTER]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", column) for column in own)


@pytest.mark.parametrize("table", [ARTICLES, IMAGES, RELATED_LINKS])
def test_keys_of_the_front_matter_exist(table: Table) -> None:
    shape: Any = {"articles": FRONT_MATTER, "related_links": FRONT_MATTER["related"][0]}.get(
        table.name, FRONT_MATTER["images"][0]
    )
    for column in table.columns:
        if key := table.front_matter_key(column):
            first, *rest = key.split(".")
            assert first in shape
            assert all(step in shape[first] for step in rest)
