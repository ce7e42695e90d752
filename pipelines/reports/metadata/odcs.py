"""A data contract by the Open Data Contract Standard, ODCS (https://bitol.io)."""

from collections.abc import Sequence
from typing import Any, Final

from pipelines.reports.dictionary import DescribedColumn, DescribedTable
from pipelines.reports.metadata.origin import NAME, TITLE, Origin
from pipelines.reports.metadata.patterns import find_portable
from pipelines.reports.metadata.yaml_text import render_yaml
from pipelines.reports.type_names import TypeName, render_sql_type
from schemas.language.references import Reference

_TYPES: Final[dict[TypeName, str]] = {
    "text": "string",
    "integer": "integer",
    "big integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "timestamp UTC": "timestamp",
    "date": "date",
    "list of text": "array",
    "map": "object",
}
_HEAD: Final = "# Made by `matterhouse schema --format odcs` from snapshot {snapshot}.\n"
_PROMISE: Final = (
    "Every publish moves all tables at once. What breaks a rule is not in a table, but in findings."
)


def render_odcs(tables: Sequence[DescribedTable], origin: Origin) -> str:
    """The text of a contract about the views of warehouse.duckdb."""
    names = {table.name for table in tables}
    contract = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": NAME,
        "name": NAME,
        "version": str(origin.snapshot),
        "status": "active",
        "description": {"purpose": f"{TITLE}.", "usage": _PROMISE},
        "contractCreatedTs": origin.created_at.isoformat(),
        "servers": [{"server": "local", "type": "duckdb", "database": "warehouse.duckdb"}],
        "schema": [_describe_table(table, names) for table in tables],
    }
    return _HEAD.format(snapshot=origin.snapshot) + render_yaml(contract)


def _describe_table(table: DescribedTable, names: set[str]) -> dict[str, Any]:
    relationships = [
        {"type": "foreignKey", **_name_columns(table.name, reference)}
        for reference in table.references
        if reference.target in names
    ]
    return {
        "name": table.name,
        "physicalName": table.name,
        "logicalType": "object",
        "physicalType": "view",
        "description": table.grain,
        "dataGranularityDescription": table.grain,
        **({"relationships": relationships} if relationships else {}),
        "properties": [_describe_column(table, column) for column in table.columns],
    }


def _name_columns(name: str, reference: Reference) -> dict[str, Any]:
    """From where to where a reference leads: a column, or a list of columns."""
    own = [f"{name}.{column}" for column in reference.columns]
    other = [f"{reference.target}.{column}" for column in reference.target_columns]
    return {"from": own, "to": other} if len(own) > 1 else {"from": own[0], "to": other[0]}


def _describe_column(table: DescribedTable, column: DescribedColumn) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": column.name,
        "logicalType": _TYPES[column.type],
        "physicalType": render_sql_type(column.type),
        "description": column.meaning,
        "required": column.is_nullable is False,
    }
    if column.name in table.key:
        described["primaryKey"] = True
        described["primaryKeyPosition"] = table.key.index(column.name) + 1
        described["unique"] = table.key == (column.name,)
    if column.type == "list of text":
        return {**described, "items": {"logicalType": "string", **_describe_limits(column)}}
    return {**described, **_describe_limits(column)}


def _describe_limits(column: DescribedColumn) -> dict[str, Any]:
    limits = column.limits
    options = {
        "pattern": find_portable(limits.pattern),
        "minimum": limits.minimum,
        "maximum": limits.maximum,
    }
    said: dict[str, Any] = {name: each for name, each in options.items() if each is not None}
    described: dict[str, Any] = {"logicalTypeOptions": said} if said else {}
    if limits.one_of:
        described["enum"] = [{"value": value} for value in limits.one_of]
    return described
