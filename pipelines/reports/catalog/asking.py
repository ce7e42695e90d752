"""Questions to the views of one snapshot. Every part of the catalog asks them here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import duckdb

from pipelines.reports.query import _create_views
from pipelines.warehouse.snapshot import Snapshot

Row: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[str], list[Row]]
"""Answers one SELECT with its rows."""


@contextmanager
def asking(snapshot: Snapshot) -> Iterator[Ask]:
    """A way to ask about the tables of `snapshot`. Nothing else can be read."""
    with duckdb.connect(":memory:") as connection:
        _create_views(connection, snapshot)
        connection.execute("alter view articles rename to a0")
        connection.execute("create view articles as select * replace (nullif(published_month,'unknown') as published_month, published_at::timestamp as published_at), coalesce(is_published, true) and not is_removed as is_public, published_at::date as published_on from a0")
        connection.execute("create view article_images as select * from images where owner='article'")

        def ask(sql: str) -> list[Row]:
            cursor = connection.execute(sql)
            names = [name for name, *_ in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        yield ask


def quote(name: str) -> str:
    """`name` as SQL writes a name of a column or a table."""
    return '"' + name.replace('"', '""') + '"'
