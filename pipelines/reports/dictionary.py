"""The data dictionary: what every column of a table holds, from its schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipelines.mapping.built_in import EVERYDAY
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.source import describe_sources
from pipelines.reports.type_names import TypeName, name_type
from pipelines.settings.stored import read_mapping
from pipelines.tables.own_columns import find_table
from pipelines.warehouse.manifest import Partition
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.archive import MAPPED
from schemas.language.references import Reference
from schemas.language.registry import finds_one, load_tables
from schemas.language.rules import IS_NOT_NULL, NO_LIMITS, Limits
from schemas.language.table import Column, Table


@dataclass(frozen=True)
class DescribedColumn:
    """One column in words.

    `stored_type` is what Polars calls its type, or DuckDB if it is only in views. `is_nullable` is
    None if nobody knows. `keys` are the keys of posts that it is read from; None if it is computed,
    or no key gives it. `limits` are those that every value keeps: a rule that only warns sets none.
    """

    name: str
    type: TypeName
    stored_type: str
    meaning: str
    is_nullable: bool | None = None
    keys: str | None = None
    rules: tuple[str, ...] = ()
    limits: Limits = NO_LIMITS
    is_stored: bool = True

    def as_json(self) -> dict[str, Any]:
        """It for machines."""
        return {
            "column": self.name,
            "type": self.stored_type,
            "null": self.is_nullable,
            "from": self.keys,
            "rules": ", ".join(self.rules),
            "meaning": self.meaning,
            "plain_type": self.type,
            "values": list(self.limits.one_of) or None,
            "stored": self.is_stored,
        }


@dataclass(frozen=True)
class DescribedTable:
    """One table or view in words.

    `files` are by partition. A view has no key and no files, and `rows` is None. A table without a
    snapshot has no files and rows, either.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[DescribedColumn, ...]
    references: tuple[Reference, ...] = ()
    rows: int | None = None
    is_partitioned: bool = False
    is_view: bool = False
    files: Mapping[str, Partition] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """It for machines."""
        return {
            "table": self.name,
            "view": self.is_view,
            "grain": self.grain,
            "rows": self.rows,
            "key": list(self.key),
            "columns": [column.as_json() for column in self.columns],
            "references": [_reference_as_json(reference) for reference in self.references],
        }


def _reference_as_json(reference: Reference) -> dict[str, Any]:
    return {
        "columns": list(reference.columns),
        "table": reference.target,
        "table_columns": list(reference.target_columns),
        "finds": "one row" if finds_one(reference) else "several rows",
        "always": reference.is_complete,
    }


def describe_tables(names: list[str] | None, snapshot: Snapshot | None) -> list[DescribedTable]:
    """The tables of these names, or all, in words.

    With a snapshot, they have the numbers of their rows and their files, and keys and rules are
    those of its mapping.
    """
    mapping = read_mapping(snapshot.manifest) if snapshot else EVERYDAY
    tables = [find_table(name, mapping) for name in names or load_tables()]
    return [_describe_table(table, snapshot, mapping) for table in tables]


def _describe_table(
    table: Table, snapshot: Snapshot | None, mapping: PostMapping
) -> DescribedTable:
    is_there = snapshot is not None and table.name in snapshot.manifest.tables
    partitions = snapshot.manifest.tables[table.name] if snapshot and is_there else {}
    return DescribedTable(
        table.name,
        table.grain,
        table.key,
        tuple(_describe_column(table, name, mapping) for name in table.readable_columns),
        table.references,
        sum(each.rows for each in partitions.values()) if is_there else None,
        table.is_partitioned,
        files={key: each for key, each in sorted(partitions.items()) if each.file},
    )


def _describe_column(table: Table, name: str, mapping: PostMapping) -> DescribedColumn:
    column = table.readable_columns[name]
    effects = {rule: mapping.find_effect(table.name, name, rule) for rule in table.list_rules(name)}
    may_be_null = effects.get(IS_NOT_NULL.name) in ("warning", "nothing")
    return DescribedColumn(
        name,
        name_type(column.dtype),
        str(column.dtype),
        column.description,
        may_be_null or not column.is_required,
        _describe_keys(table, name, mapping),
        tuple(
            f"{rule} ({effect})" if effect == "warning" else rule
            for rule, effect in effects.items()
            if effect != "nothing"
        ),
        _find_limits(
            column, [name for name, effect in effects.items() if effect in (None, "error")]
        ),
    )


def _find_limits(column: Column, kept: list[str]) -> Limits:
    """What all values of a column keep, if they keep the rules called `kept`."""
    limits = NO_LIMITS
    if isinstance(column.dtype, pl.Enum):
        limits = Limits(one_of=tuple(column.dtype.categories))
    for rule in column.rules:
        if rule.name in kept:
            said = {
                name: value
                for name, value in rule.limits._asdict().items()
                if value not in (None, ())
            }
            limits = limits._replace(**said)
    return limits


def _describe_keys(table: Table, name: str, mapping: PostMapping) -> str | None:
    """The keys that a column is read from; None if it is computed, or no key of posts gives it."""
    if table.name == "articles" and name in mapping.sources:
        return describe_sources(mapping.sources[name])
    key = table.readable_columns[name].key
    return None if key is None or key.startswith(MAPPED) else key
