"""croissant.json: a snapshot as a data set for machine learning (https://mlcommons.org/croissant)."""

import json
from collections.abc import Sequence
from typing import Any, Final

from pipelines.reports.dictionary import DescribedColumn, DescribedTable
from pipelines.reports.metadata.origin import NAME, TITLE, Origin
from pipelines.reports.type_names import TypeName
from schemas.language.months import PARTITION_KEY
from schemas.language.references import Reference

_TYPES: Final[dict[TypeName, str]] = {
    "text": "sc:Text",
    "integer": "cr:Int32",
    "big integer": "cr:Int64",
    "number": "cr:Float64",
    "boolean": "sc:Boolean",
    "timestamp UTC": "sc:DateTime",
    "date": "sc:Date",
    "list of text": "sc:Text",
}
_PARQUET: Final = "application/x-parquet"
_OURS: Final = {
    name: f"cr:{name}"
    for name in (
        *("citeAs", "column", "extract", "field", "fileProperty", "fileObject", "fileSet"),
        *("includes", "isLiveDataset", "key", "recordSet", "references", "regex", "repeated"),
        *("source", "transform"),
    )
}
_CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "sc": "https://schema.org/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **_OURS,
}
"""What the terms of this vocabulary mean. The standard asks for it in every file."""


def render_croissant(tables: Sequence[DescribedTable], origin: Origin) -> str:
    """The text of a croissant.json. Every table is a set of records."""
    names = {table.name for table in tables}
    dataset = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": NAME,
        "description": f"{TITLE}.",
        "version": f"{origin.snapshot}.0.0",
        "datePublished": origin.created_at.isoformat(),
        "distribution": [_describe_files(table, origin) for table in tables],
        "recordSet": [_describe_records(table, names) for table in tables],
    }
    return json.dumps(dataset, indent=1, ensure_ascii=False) + "\n"


def _describe_files(table: DescribedTable, origin: Origin) -> dict[str, Any]:
    """The one file of a table, or the set of its files."""
    paths = origin.find_files(table)
    described = {"@id": _name_files(table), "name": _name_files(table), "encodingFormat": _PARQUET}
    if table.is_partitioned:
        return {
            "@type": "cr:FileSet",
            **described,
            "includes": f"{origin.prefix}{table.name}/**/*.parquet",
        }
    (file,) = (each for each in table.files.values() if each.file)
    return {
        "@type": "cr:FileObject",
        **described,
        "contentUrl": paths[0],
        "contentSize": f"{file.bytes} B",
        "sha256": file.sha256,
    }


def _name_files(table: DescribedTable) -> str:
    return f"{table.name}-files"


def _describe_records(table: DescribedTable, names: set[str]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.grain,
        "key": [{"@id": f"{table.name}/{column}"} for column in table.key],
        "field": [_describe_field(table, column, names) for column in table.columns],
    }


def _describe_field(
    table: DescribedTable, column: DescribedColumn, names: set[str]
) -> dict[str, Any]:
    name = f"{table.name}/{column.name}"
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": name,
        "name": name,
        "description": column.meaning,
        "dataType": _TYPES[column.type],
        "source": _describe_source(table, column),
    }
    if column.type == "list of text":
        field["repeated"] = True
    for reference in table.references:
        if reference.columns == (column.name,) and reference.target in names:
            field["references"] = _name_target(reference)
    return field


def _name_target(reference: Reference) -> dict[str, Any]:
    return {"field": {"@id": f"{reference.target}/{reference.target_columns[0]}"}}


def _describe_source(table: DescribedTable, column: DescribedColumn) -> dict[str, Any]:
    """Where the values stand: in a column of the files, or the month in the path of a file."""
    kind = "fileSet" if table.is_partitioned else "fileObject"
    source: dict[str, Any] = {kind: {"@id": _name_files(table)}}
    if table.is_partitioned and column.name == PARTITION_KEY:
        month = {"regex": f"{PARTITION_KEY}=([^/]+)/"}
        return {**source, "extract": {"fileProperty": "fullpath"}, "transform": month}
    return {**source, "extract": {"column": column.name}}
