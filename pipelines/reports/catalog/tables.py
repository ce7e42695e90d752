"""The tables of a snapshot: what a row is, its key, its columns, and what joins to what."""

from collections.abc import Mapping
from typing import Any

from pipelines.reports.catalog.asking import Ask, Row
from pipelines.reports.catalog.columns import (
    Columns,
    count_columns,
    describe_figures,
    list_columns,
)
from pipelines.reports.dictionary import DescribedTable, describe_tables
from pipelines.settings.stored import read_mapping
from pipelines.tables.own_columns import find_table
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.months import UNKNOWN_MONTH
from schemas.language.registry import finds_one, load_tables


def describe_catalog_tables(snapshot: Snapshot, ask: Ask) -> list[dict[str, Any]]:
    """Every table of `snapshot` in words and figures, in the order in which they are made."""
    names = [name for name in load_tables() if name in snapshot.manifest.tables]
    figures = count_columns(ask, _find_columns(snapshot, ask, names))
    return [_describe(table, figures) for table in describe_tables(names, snapshot)]


def _find_columns(snapshot: Snapshot, ask: Ask, names: list[str]) -> dict[str, Columns]:
    """The columns of each table that its files have, those of the archive itself, too."""
    mapping = read_mapping(snapshot.manifest)
    there = list_columns(ask, names)
    return {
        name: {
            column: declared
            for column, declared in find_table(name, mapping).readable_columns.items()
            if column in there[name]
        }
        for name in names
    }


def _describe(table: DescribedTable, figures: Mapping[tuple[str, str], Row]) -> dict[str, Any]:
    return {
        "table": table.name,
        "grain": table.grain,
        "key": list(table.key),
        "rows": table.rows,
        "bytes": sum(each.bytes for each in table.files.values()),
        "months": _count_months(table),
        "columns": [
            {
                "column": column.name,
                "type": column.type,
                "from": column.keys,
                "meaning": column.meaning,
                **describe_figures(figures[table.name, column.name]),
            }
            for column in table.columns
            if (table.name, column.name) in figures
        ],
    }


def _count_months(table: DescribedTable) -> dict[str, int]:
    """The rows of each month that is known, as the manifest says. Some tables have no months."""
    counts: dict[str, int] = {}
    for key, partition in table.files.items() if table.is_partitioned else ():
        month = key.partition("/")[0]
        if month != UNKNOWN_MONTH:
            counts[month] = counts.get(month, 0) + partition.rows
    return counts


def list_joins(names: set[str]) -> list[dict[str, Any]]:
    """What joins to what among the tables `names`, and what a join does to the number of rows."""
    return [
        {
            "table": name,
            "columns": list(reference.columns),
            "target": reference.target,
            "target_columns": list(reference.target_columns),
            "finds_one": finds_one(reference),
            "is_complete": reference.is_complete,
        }
        for name, table in load_tables().items()
        for reference in table.references
        if {name, reference.target} <= names
    ]
