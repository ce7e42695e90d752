"""The data dictionary of all that SQL sees: the tables, and the views over them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from pipelines.reports.dictionary import DescribedColumn, DescribedTable, describe_tables
from pipelines.reports.query import query_snapshot
from pipelines.reports.type_names import name_sql_type
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.months import PARTITION_KEY
from schemas.language.registry import list_names
from schemas.language.views import load_views

_COLUMNS: Final = """
SELECT table_name, column_name, data_type, comment FROM duckdb_columns()
WHERE schema_name = 'main' AND NOT internal ORDER BY table_name, column_index
"""


class _Seen(NamedTuple):
    """A column as DuckDB sees it."""

    name: str
    sql_type: str
    comment: str | None


def list_views() -> list[str]:
    """The names of the views that are no tables, in order of the alphabet."""
    return sorted(load_views().keys() - set(list_names()))


def outline(snapshot: Snapshot | None) -> list[DescribedTable]:
    """All tables and views. Views have no columns."""
    return [*describe_tables(None, snapshot), *_outline_views(list_views())]


def describe(name: str | None, snapshot: Snapshot | None) -> list[DescribedTable]:
    """The table or view of this name, or all.

    The columns of views, and those that tables have only in SQL, are known of a snapshot alone.
    """
    views = [each for each in list_views() if name in (None, each)]
    tables = [] if name in views else describe_tables([name] if name else None, snapshot)
    if snapshot is None or not (views or load_views().keys() & {each.name for each in tables}):
        return tables
    seen = _read_columns(snapshot)
    return [
        *(_add_columns(table, seen.get(table.name, ())) for table in tables),
        *(
            _add_columns(view, seen[view.name])
            for view in _outline_views(views)
            if view.name in seen
        ),
    ]


def as_stored(table: DescribedTable) -> DescribedTable:
    """A table as its files hold it."""
    return replace(table, columns=tuple(each for each in table.columns if each.is_stored))


def as_seen(table: DescribedTable) -> DescribedTable:
    """A table or view as SQL sees it: an unknown month is null there."""
    return replace(
        table,
        columns=tuple(
            replace(each, is_nullable=True) if each.name == PARTITION_KEY else each
            for each in table.columns
        ),
    )


def _outline_views(names: Iterable[str]) -> list[DescribedTable]:
    return [
        DescribedTable(name, load_views()[name].description, (), (), is_view=True) for name in names
    ]


def _add_columns(table: DescribedTable, seen: Iterable[_Seen]) -> DescribedTable:
    known = {column.name for column in table.columns}
    only = "" if table.is_view else " In SQL only, not in the files."
    new = [
        DescribedColumn(
            each.name,
            name_sql_type(each.sql_type),
            each.sql_type,
            f"{each.comment or ''}{only}",
            is_stored=False,
        )
        for each in seen
        if each.name not in known
    ]
    return replace(table, columns=(*table.columns, *new))


def _read_columns(snapshot: Snapshot) -> Mapping[str, list[_Seen]]:
    columns: dict[str, list[_Seen]] = {}
    for table, *column in query_snapshot(snapshot, _COLUMNS).rows:
        columns.setdefault(table, []).append(_Seen(*column))
    return columns
