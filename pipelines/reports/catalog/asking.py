"""Questions to the views of one snapshot. Every part of the catalog asks them here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from pipelines.reports import query
from pipelines.warehouse.snapshot import Snapshot

Row: TypeAlias = dict[str, Any]
_FIRST: Final = "FROM column_profile"
"""A question that has the figures of columns at hand. Most do without, since they are slow to
bind."""
Ask: TypeAlias = Callable[[str], list[Row]]
"""Answers one SELECT with its rows."""


@contextmanager
def asking(snapshot: Snapshot) -> Iterator[Ask]:
    """A way to ask about the views of `snapshot`. Nothing else can be read.

    Raises:
        QueryError: DuckDB refuses a question.
        DamagedError: A file of the snapshot is missing, cut short or cannot be read.
    """
    with query.asking(snapshot, _FIRST) as connection:

        def ask(sql: str) -> list[Row]:
            cursor = connection.execute(sql)
            names = [name for name, *_ in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        yield ask
