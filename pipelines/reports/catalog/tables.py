"""The tables of a snapshot: what a row is, its key, its columns, and what joins to what."""

from datetime import datetime
from typing import Any

from pipelines.database.engine import quote_name
from pipelines.reports.catalog.asking import Ask
from pipelines.reports.catalog.columns import Figures, count_columns
from pipelines.reports.catalog.views import name_type
from pipelines.reports.dictionary import describe_tables
from pipelines.settings.stored import read_mapping
from pipelines.tables.own_columns import find_table
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.months import UNKNOWN_MONTH
from schemas.language.registry import finds_one, load_tables
from schemas.language.table import Table


def describe_catalog_tables(snapshot: Snapshot, ask: Ask) -> list[dict[str, Any]]:
    """Every table of `snapshot` in words and figures, in the order in which they are made."""
    mapping = read_mapping(snapshot.manifest)
    names = [name for name in load_tables() if name in snapshot.manifest.tables]
    described = describe_tables(names, snapshot)
    return [
        _add_figures(each, find_table(each["table"], mapping), snapshot, ask) for each in described
    ]


def _add_figures(
    described: dict[str, Any], table: Table, snapshot: Snapshot, ask: Ask
) -> dict[str, Any]:
    types = _list_types(ask, table.name)
    columns = {name: each for name, each in table.readable_columns.items() if name in types}
    figures = count_columns(ask, table.name, columns, described["rows"])
    return {
        **described,
        "bytes": sum(each.bytes for each in snapshot.manifest.tables[table.name].values()),
        "months": _count_months(snapshot, table),
        "columns": [
            {
                **each,
                "type": types[each["column"]],
                **_show_figures(figures[each["column"]], described["rows"]),
            }
            for each in described["columns"]
            if each["column"] in figures
        ],
    }


def _list_types(ask: Ask, table: str) -> dict[str, str]:
    """The columns that the view has. An older snapshot may lack one."""
    rows = ask(f"DESCRIBE {quote_name(table)}")
    return {row["column_name"]: name_type(row["column_type"]) for row in rows}


def _show_figures(figures: Figures, rows: int) -> dict[str, Any]:
    return {
        "nulls": figures.nulls,
        "null_share": figures.nulls / rows if rows else None,
        "distinct": figures.distinct,
        "lowest": _as_text(figures.lowest),
        "highest": _as_text(figures.highest),
        "unit": figures.unit,
        "values": [{"value": value, "rows": count} for value, count in figures.values],
    }


def _as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value if value is None or isinstance(value, int | float) else str(value)


def _count_months(snapshot: Snapshot, table: Table) -> dict[str, int]:
    """The rows of each month that is known, as the manifest says. Some tables have no months."""
    counts: dict[str, int] = {}
    if table.is_partitioned:
        for key, partition in sorted(snapshot.manifest.tables[table.name].items()):
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
