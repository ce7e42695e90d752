"""The data dictionary: what every column of a table holds, from its schema."""

from typing import Any, Final

from pipelines.tables.casting import CLAIMS
from pipelines.warehouse.layout import PARTITION_KEY
from pipelines.warehouse.snapshot import Snapshot
from schemas import TABLE_NAMES, load_table
from schemas.language.table import Table

_PARTITION_COLUMN: Final = {
    "column": PARTITION_KEY,
    "type": "String",
    "null": False,
    "from": None,
    "rules": "is_month",
    "meaning": "Month of publishing of the article, YYYY-MM in UTC, or unknown, which sorts behind "
    "every month. In the names of the folders, not in the files.",
}


def describe_tables(names: list[str] | None, snapshot: Snapshot | None) -> list[dict[str, Any]]:
    """The tables of these names, or all, in words; with their rows if there is a snapshot."""
    return [_describe_table(load_table(name), snapshot) for name in names or TABLE_NAMES]


def _describe_table(table: Table, snapshot: Snapshot | None) -> dict[str, Any]:
    is_there = snapshot is not None and table.name in snapshot.manifest.tables
    return {
        "table": table.name,
        "grain": table.grain,
        "rows": snapshot.count_rows(table.name) if snapshot and is_there else None,
        "key": list(table.key),
        "columns": [_describe_column(table, name) for name in table.columns]
        + [_PARTITION_COLUMN] * table.is_partitioned,
    }


def _describe_column(table: Table, name: str) -> dict[str, Any]:
    column = table.columns[name]
    claim = CLAIMS.get(table.kind(name))
    rules = [claim.rule] if claim else []
    rules += [] if column.nullable or table.kind(name) in ("derived", "list") else ["is_not_null"]
    rules += [str(check.name) for check in column.checks]
    rules += [rule.name for rule in table.row_rules if rule.column == name]
    return {
        "column": name,
        "type": str(table.dtypes[name]),
        "null": column.nullable,
        "from": table.front_matter_key(name),
        "rules": ", ".join(rules),
        "meaning": column.description,
    }
