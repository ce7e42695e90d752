"""The data dictionary: what every column of a table holds, from its schema."""

from typing import Any

from pipelines.mapping.built_in import EVERYDAY
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.source import describe_sources
from pipelines.settings.stored import read_mapping
from pipelines.tables.own_columns import find_table
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.archive import MAPPED
from schemas.language.registry import load_tables
from schemas.language.rules import IS_NOT_NULL
from schemas.language.table import Table


def describe_tables(names: list[str] | None, snapshot: Snapshot | None) -> list[dict[str, Any]]:
    """The tables of these names, or all, in words.

    With a snapshot, they have the numbers of their rows, and keys and rules are those of its
    mapping.
    """
    mapping = read_mapping(snapshot.manifest) if snapshot else EVERYDAY
    tables = [find_table(name, mapping) for name in names or load_tables()]
    return [_describe_table(table, snapshot, mapping) for table in tables]


def _describe_table(
    table: Table, snapshot: Snapshot | None, mapping: PostMapping
) -> dict[str, Any]:
    is_there = snapshot is not None and table.name in snapshot.manifest.tables
    return {
        "table": table.name,
        "grain": table.grain,
        "rows": snapshot.count_rows(table.name) if snapshot and is_there else None,
        "key": list(table.key),
        "columns": [_describe_column(table, name, mapping) for name in table.readable_columns],
    }


def _describe_column(table: Table, name: str, mapping: PostMapping) -> dict[str, Any]:
    column = table.readable_columns[name]
    effects = {rule: mapping.find_effect(table.name, name, rule) for rule in table.list_rules(name)}
    may_be_null = effects.get(IS_NOT_NULL.name) in ("warning", "nothing")
    return {
        "column": name,
        "type": str(column.dtype),
        "null": may_be_null or not column.is_required,
        "from": _describe_keys(table, name, mapping),
        "rules": ", ".join(
            f"{rule} ({effect})" if effect == "warning" else rule
            for rule, effect in effects.items()
            if effect != "nothing"
        ),
        "meaning": column.description,
    }


def _describe_keys(table: Table, name: str, mapping: PostMapping) -> str | None:
    """The keys that a column is read from; None if it is computed, or no key of posts gives it."""
    if table.name == "articles" and name in mapping.sources:
        return describe_sources(mapping.sources[name])
    key = table.readable_columns[name].key
    return None if key is None or key.startswith(MAPPED) else key
