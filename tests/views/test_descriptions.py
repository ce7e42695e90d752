"""What the files of the views say of their columns."""

from collections.abc import Callable
from typing import Any

import pytest

from pipelines.warehouse import Snapshot
from schemas.language.views import load_views
from tests.views.conftest import read_view


@pytest.mark.parametrize("name", load_views())
def test_every_described_column_is_one_of_the_view(name: str, snapshot: Snapshot) -> None:
    (row, *_) = read_view(snapshot, name) or [{}]
    described = set(load_views()[name].columns)
    assert not row or described <= set(row)


def test_a_column_that_two_tables_describe_in_different_words_takes_none_of_them(
    ask: Callable[[str], list[tuple[Any, ...]]],
) -> None:
    comments = dict(
        ask(
            "SELECT table_name, comment FROM duckdb_columns() WHERE column_name = 'article_id' "
            "AND schema_name = 'main' AND comment IS NOT NULL"
        )
    )
    assert comments["related_links"] != comments["articles"]
    assert comments["link_targets"] == load_views()["link_targets"].columns["article_id"]
    assert comments["topics"] == comments["articles"]
