"""The tables and views of a snapshot: what a row is, what columns hold, and what joins to what."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.reports.catalog.asking import Ask, Row
from pipelines.reports.catalog.columns import Columns, count_columns, describe_figures
from pipelines.reports.dictionary import DescribedColumn, DescribedTable
from pipelines.settings.stored import read_mapping
from pipelines.tables.own_columns import find_table
from pipelines.warehouse.manifest import Partition
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.months import UNKNOWN_MONTH
from schemas.language.registry import finds_one


def describe_tables(
    tables: Iterable[DescribedTable], snapshot: Snapshot, ask: Ask
) -> list[dict[str, Any]]:
    """Every one of `tables` in words and figures."""
    tables = list(tables)
    figures = count_columns(ask, _find_columns(tables, snapshot))
    partitions = snapshot.manifest.tables
    return [
        _describe_table(table, partitions[table.name], figures.get(table.name, {}))
        for table in tables
    ]


def _find_columns(tables: Iterable[DescribedTable], snapshot: Snapshot) -> dict[str, Columns]:
    """What the columns of each table are, those of the archive itself, too."""
    mapping = read_mapping(snapshot.manifest)
    return {table.name: find_table(table.name, mapping).readable_columns for table in tables}


def _describe_table(
    table: DescribedTable, partitions: Mapping[str, Partition], figures: dict[str, Row]
) -> dict[str, Any]:
    return {
        "table": table.name,
        "grain": table.grain,
        "key": list(table.key),
        "rows": table.rows,
        "bytes": sum(each.bytes for each in partitions.values()),
        "months": _count_months(partitions) if table.is_partitioned else {},
        "columns": [
            {
                **_describe_column(column),
                "from": column.keys,
                **describe_figures(figures.get(column.name)),
            }
            for column in table.columns
            # An older version may lack a column.
            if column.name in figures or not figures
        ],
    }


def describe_views(views: Iterable[DescribedTable]) -> list[dict[str, Any]]:
    """Every one of `views` in words. Nothing of them is counted."""
    return [
        {
            "view": view.name,
            "grain": view.grain,
            "columns": [_describe_column(column) for column in view.columns],
        }
        for view in views
    ]


def _describe_column(column: DescribedColumn) -> dict[str, Any]:
    return {"column": column.name, "type": column.type, "meaning": column.meaning}


def _count_months(partitions: Mapping[str, Partition]) -> dict[str, int]:
    """The rows of each month that is known. A month may have several parts."""
    counts: dict[str, int] = {}
    for key, partition in sorted(partitions.items()):
        month = key.partition("/")[0]
        if month != UNKNOWN_MONTH:
            counts[month] = counts.get(month, 0) + partition.rows
    return counts


def list_joins(tables: Iterable[DescribedTable]) -> list[dict[str, Any]]:
    """What joins to what among `tables`, and what a join does to the number of rows."""
    tables = list(tables)
    names = {table.name for table in tables}
    return [
        {
            "table": table.name,
            "columns": list(reference.columns),
            "target": reference.target,
            "target_columns": list(reference.target_columns),
            "finds_one": finds_one(reference),
            "is_complete": reference.is_complete,
        }
        for table in tables
        for reference in table.references
        if reference.target in names
    ]
