"""croissant.json: a snapshot as a data set for machine learning (https://mlcommons.org/croissant)."""

from collections.abc import Sequence
from typing import Any, Final

from pipelines.reports.dictionary import DescribedColumn, DescribedTable
from pipelines.reports.joins import list_joins
from pipelines.reports.metadata.json_text import render_json
from pipelines.reports.metadata.origin import NAME, TITLE, Origin
from pipelines.reports.type_names import TypeName
from schemas.language.months import PARTITION_KEY

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
_TERMS: Final = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty"),
    *("fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField"),
    *("path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
    *("separator", "source", "subField", "transform"),
)
_CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS},
}
"""What the terms mean. The standard asks for all of them in every file."""


def render_croissant(tables: Sequence[DescribedTable], origin: Origin) -> str:
    """The text of a croissant.json. Every table is a set of records."""
    dataset = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": NAME,
        "description": f"{TITLE}.",
        "version": f"{origin.snapshot}.0.0",
        "datePublished": origin.created_at.isoformat(),
        "distribution": [_describe_files(table, origin) for table in tables],
        "recordSet": [_describe_records(table) for table in tables],
    }
    return render_json(dataset)


def _describe_files(table: DescribedTable, origin: Origin) -> dict[str, Any]:
    """The one file of a table, or the set of its files."""
    described = {"@id": _name_files(table), "name": _name_files(table), "encodingFormat": _PARQUET}
    if _is_set(table):
        folders = f"{table.name}/*" if table.is_partitioned else table.name
        includes = f"{origin.prefix}{folders}/*.parquet"
        return {"@type": "cr:FileSet", **described, "includes": includes}
    (path,), (file,) = origin.find_files(table), table.files.values()
    return {
        "@type": "cr:FileObject",
        **described,
        "contentUrl": path,
        "contentSize": f"{file.bytes} B",
        "sha256": file.sha256,
    }


def _is_set(table: DescribedTable) -> bool:
    return table.is_partitioned or len(table.files) > 1


def _name_files(table: DescribedTable) -> str:
    return f"{table.name}-files"


def _describe_records(table: DescribedTable) -> dict[str, Any]:
    """A set of records, the joins in words: readers of `references` join the files themselves."""
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": " ".join([table.grain, *list_joins(table)]),
        "key": [{"@id": f"{table.name}/{column}"} for column in table.key],
        "field": [_describe_field(table, column) for column in table.columns],
    }


def _describe_field(table: DescribedTable, column: DescribedColumn) -> dict[str, Any]:
    name = f"{table.name}/{column.name}"
    return {
        "@type": "cr:Field",
        "@id": name,
        "name": name,
        "description": column.meaning,
        "dataType": _TYPES[column.type],
        **({"repeated": True} if column.type == "list of text" else {}),
        "source": _describe_source(table, column),
    }


def _describe_source(table: DescribedTable, column: DescribedColumn) -> dict[str, Any]:
    """Where the values stand: in a column of the files, or the month in the path of a file."""
    kind = "fileSet" if _is_set(table) else "fileObject"
    source: dict[str, Any] = {kind: {"@id": _name_files(table)}}
    if table.is_partitioned and column.name == PARTITION_KEY:
        month = {"regex": f".*{PARTITION_KEY}=([^/]+)/.*"}
        return {**source, "extract": {"fileProperty": "fullpath"}, "transform": month}
    return {**source, "extract": {"column": column.name}}
