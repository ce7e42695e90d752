"""The data dictionary: what every column of a table holds, from its schema."""

from typing import Any

from pipelines.warehouse.snapshot import Snapshot
from schemas.language.registry import load_tables
from schemas.language.table import Table


def describe_tables(names: list[str] | None, snapshot: Snapshot | None) -> list[dict[str, Any]]:
    """The tables of these names, or all, in words; with their rows if there is a snapshot."""
    return [_describe_table(load_tables()[name], snapshot) for name in names or load_tables()]


def _describe_table(table: Table, snapshot: Snapshot | None) -> dict[str, Any]:
    is_there = snapshot is not None and table.name in snapshot.manifest.tables
    return {
        "table": table.name,
        "grain": table.grain,
        "rows": snapshot.count_rows(table.name) if snapshot and is_there else None,
        "key": list(table.key),
        "columns": [_describe_column(table, name) for name in table.readable_columns],
    }


def _describe_column(table: Table, name: str) -> dict[str, Any]:
    column = table.readable_columns[name]
    return {
        "column": name,
        "type": str(column.dtype),
        "null": not column.is_required,
        "from": column.key,
        "rules": ", ".join(table.list_rules(name)),
        "meaning": column.description,
    }
