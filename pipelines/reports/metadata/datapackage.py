"""datapackage.json: a snapshot as a Data Package (https://datapackage.org)."""

from collections.abc import Sequence
from typing import Any, Final

from pipelines.reports.dictionary import DescribedColumn, DescribedTable
from pipelines.reports.metadata.json_text import render_json
from pipelines.reports.metadata.origin import NAME, TITLE, Origin
from pipelines.reports.metadata.patterns import find_portable, match_whole
from pipelines.reports.type_names import TypeName
from schemas.language.references import Reference

_TYPES: Final[dict[TypeName, str]] = {
    "text": "string",
    "integer": "integer",
    "big integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "timestamp UTC": "datetime",
    "date": "date",
    "list of text": "array",
}


def render_datapackage(tables: Sequence[DescribedTable], origin: Origin) -> str:
    """The text of a datapackage.json. Every table is a resource, which may have many files."""
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": NAME,
        "title": TITLE,
        "version": str(origin.snapshot),
        "created": origin.created_at.isoformat(),
        "resources": [_describe_resource(table, tables, origin) for table in tables],
    }
    return render_json(package)


def _describe_resource(
    table: DescribedTable, tables: Sequence[DescribedTable], origin: Origin
) -> dict[str, Any]:
    files = [
        {"path": path, "rows": each.rows, "bytes": each.bytes, "hash": f"sha256:{each.sha256}"}
        for path, each in zip(origin.find_files(table), table.files.values(), strict=True)
    ]
    return {
        "name": table.name,
        "type": "table",
        "description": table.grain,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "rows": table.rows,
        **_describe_files(files),
        "schema": _describe_schema(table, {each.name for each in tables}),
    }


def _describe_files(files: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One file, or many. Each has its size and hash among the parts, a property of our own.

    The standard has no place for those of many files. Nor is the size of one given where the
    standard wants it: frictionless cannot find out that of a Parquet file, and calls it wrong.
    """
    parts = list(files)
    if len(files) == 1:
        return {"path": files[0]["path"], "hash": files[0]["hash"], "parts": parts}
    return {"path": [each["path"] for each in files], "parts": parts}


def _describe_schema(table: DescribedTable, names: set[str]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_describe_field(column) for column in table.columns],
        # An empty text is a value here, and a null is a null.
        "missingValues": [],
    }
    if table.is_partitioned:
        # The month is in the names of the folders: not all programs make a column of it.
        schema["fieldsMatch"] = "superset"
    nullable = {column.name for column in table.columns if column.is_nullable}
    if nullable.isdisjoint(table.key):
        schema["primaryKey"] = list(table.key)
    else:
        schema["uniqueKeys"] = [list(table.key)]
    # A foreign key promises that every value is found.
    schema["foreignKeys"] = [
        _describe_foreign_key(reference)
        for reference in table.references
        if reference.is_complete and reference.target in names
    ]
    return schema


def _describe_foreign_key(reference: Reference) -> dict[str, Any]:
    target = {"resource": reference.target, "fields": list(reference.target_columns)}
    return {"fields": list(reference.columns), "reference": target}


def _describe_field(column: DescribedColumn) -> dict[str, Any]:
    pattern = find_portable(column.limits.pattern)
    limits = {
        "pattern": match_whole(pattern) if pattern else None,
        "minimum": column.limits.minimum,
        "maximum": column.limits.maximum,
        "enum": list(column.limits.one_of) or None,
    }
    kept = {name: value for name, value in limits.items() if value is not None}
    field: dict[str, Any] = {
        "name": column.name,
        "type": _TYPES[column.type],
        "description": column.meaning,
    }
    is_list = column.type == "list of text"
    if is_list:
        field["arrayItem"] = {"type": "string", "constraints": kept}
    constraints = {"required": not column.is_nullable, **({} if is_list else kept)}
    return {**field, "constraints": constraints}
