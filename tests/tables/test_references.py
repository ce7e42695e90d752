"""References: what the schemas say about joins is true of the tables."""

import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from schemas.articles import ARTICLES
from schemas.language.references import Reference, refers
from schemas.language.registry import finds_one, load_tables
from tests.conftest import Archive, post

POSTS = Path(__file__).parents[1] / "front_matter"
REFERENCES = [
    (name, reference) for name, table in load_tables().items() for reference in table.references
]


def describe_case(case: object) -> str:
    """`images.article_id`, for the list of tests."""
    return ".".join(case.columns) if isinstance(case, Reference) else str(case)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """An archive with every kind of mistake, two posts of one address, and a deleted one."""
    archive = Archive(tmp_path_factory.mktemp("hostile"))
    shutil.copytree(POSTS, archive.raw / "hostile")
    related = {"related": "[{webUrl: https://example.org/a}, {images: [{url: /i}]}]"}
    archive.write("one.md", post(related))
    archive.write("two.md", post(related))
    archive.write("gone.md", post({"webUrl": "https://example.org/gone"}))
    archive.write("notes.txt", "not a post")
    archive.run()
    archive.delete("gone.md")
    archive.run()
    return {name: archive.rows(name) for name in load_tables()}


@pytest.mark.parametrize(("name", "reference"), REFERENCES, ids=describe_case)
def test_a_reference_names_columns_of_equal_type_in_a_table_that_exists(
    name: str, reference: Reference
) -> None:
    table, target = load_tables()[name], load_tables()[reference.target]
    assert [table.dtypes[each] for each in reference.columns] == [
        target.dtypes[each] for each in reference.target_columns
    ]


@pytest.mark.parametrize(("name", "reference"), REFERENCES, ids=describe_case)
def test_a_reference_finds_what_it_says(
    name: str, reference: Reference, hostile: dict[str, pl.DataFrame]
) -> None:
    values = hostile[name].select(reference.columns).drop_nulls()
    targets = hostile[reference.target].select(reference.target_columns).drop_nulls()
    lost = values.join(
        targets, left_on=reference.columns, right_on=reference.target_columns, how="anti"
    )
    assert not values.is_empty()
    assert lost.is_empty() == reference.is_complete
    assert targets.is_duplicated().any() != finds_one(reference)


def test_a_reference_can_only_name_columns_of_its_own_table() -> None:
    with pytest.raises(ValueError, match="articles has no column mood"):
        replace(ARTICLES, references=(refers("mood", "files"),))
