"""Rows that workers write as Arrow: the ledger, the findings, and the documents of a batch.

Workers import this, so it does without Polars and pandera.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.documents.doubts import Doubt
from pipelines.documents.field_path import render_field_path
from pipelines.documents.places import Place
from pipelines.errors import FrontMatterError
from pipelines.sources.source import RawContent
from pipelines.values.ids import identify


class LedgerRow(NamedTuple):
    """A row of `files`, still without its month. `published` is the date of the post as written.

    `status` is that of the table, or `touched`: the file has the bytes by which it was known.
    """

    source_path: str
    size_bytes: int | None
    modified_ns: int | None
    content_sha256: str | None
    status: str
    reason: str | None = None
    document_id: str | None = None
    published: str | None = None


class FindingRow(NamedTuple):
    """What is wrong in a file or in doubt, as the table `findings` has it."""

    severity: str
    source_path: str
    field_path: str | None
    line: int | None
    column_number: int | None
    rule: str
    value: str | None
    expected: str
    message: str


class Document(NamedTuple):
    """A row of `documents`. `related` are the JSON texts of the items; None without a list."""

    source_path: str
    content: RawContent
    front_matter: str
    related: Sequence[str] | None
    body: str | None
    published: str | None
    language: str = "yaml"
    archive: str | None = None

    @property
    def document_id(self) -> str:
        return identify(self.source_path)


LEDGER_SCHEMA: Final = pa.schema(
    [
        ("source_path", pa.string()),
        ("size_bytes", pa.int64()),
        ("modified_ns", pa.int64()),
        ("content_sha256", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("document_id", pa.string()),
        ("published", pa.string()),
    ]
)
FINDINGS_SCHEMA: Final = pa.schema(
    [
        ("severity", pa.string()),
        ("source_path", pa.string()),
        ("field_path", pa.string()),
        ("line", pa.int32()),
        ("column_number", pa.int32()),
        ("rule", pa.string()),
        ("value", pa.string()),
        ("expected", pa.string()),
        ("message", pa.string()),
    ]
)
DOCUMENTS_SCHEMA: Final = pa.schema(
    [
        ("document_id", pa.string()),
        ("archive", pa.string()),
        ("source_path", pa.string()),
        ("collection", pa.string()),
        ("format", pa.string()),
        ("content_sha256", pa.string()),
        ("size_bytes", pa.int64()),
        # Each may be as large as a file, and those of a month may exceed two gigabytes.
        ("front_matter", pa.large_string()),
        ("related", pa.list_(pa.dictionary(pa.int32(), pa.large_string()))),
        ("body", pa.large_string()),
    ]
)


def describe_file(
    source_path: str, content: RawContent, status: str, reason: str | None = None
) -> LedgerRow:
    """The row of a file that has no document."""
    return LedgerRow(
        source_path, content.size_bytes, content.modified_ns, content.sha256, status, reason
    )


def describe_document(document: Document) -> LedgerRow:
    """The row of a file that is a document."""
    row = describe_file(document.source_path, document.content, "loaded")
    return row._replace(document_id=document.document_id, published=document.published)


def describe_error(
    source_path: str, error: FrontMatterError, severity: str = "error"
) -> FindingRow:
    """The finding for a file that cannot be a document."""
    return FindingRow(
        severity,
        source_path,
        None,
        error.line,
        error.column,
        error.rule,
        error.value,
        error.expected,
        f"{error.problem}, expected {error.expected}",
    )


def describe_late_opening(source_path: str, line: int) -> FindingRow:
    """The warning for a post with something before its front matter."""
    expected = "it in the first line"
    message = f"found front matter after blank lines or a comment, expected {expected}"
    rule = "begins_with_fence"
    return FindingRow("warning", source_path, None, line, 1, rule, None, expected, message)


def describe_doubt(source_path: str, doubt: Doubt, place: Place) -> FindingRow:
    """The finding for something in a document that may be meant otherwise."""
    return FindingRow(
        "warning",
        source_path,
        render_field_path(doubt.path) or None,
        place.line,
        place.column,
        doubt.rule,
        doubt.value,
        doubt.expected,
        doubt.message,
    )


def write_rows(rows: Iterable[tuple[object, ...]], schema: pa.Schema, folder: Path) -> Path:
    """Write tuples with the columns of `schema`."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)]
    return write_arrow(pa.table(arrays, schema=schema), folder)


def write_documents(documents: Sequence[Document], folder: Path) -> Path:
    """Write documents in the order that they have."""
    return write_arrow(frame_documents(documents), folder)


def frame_documents(documents: Sequence[Document]) -> pa.Table:
    """Documents as rows of `DOCUMENTS_SCHEMA`. Each distinct item is there once."""
    paths = [document.source_path for document in documents]
    contents = [document.content for document in documents]
    columns = {
        "document_id": [document.document_id for document in documents],
        "archive": [document.archive for document in documents],
        "source_path": paths,
        "collection": [path.rpartition("/")[0] for path in paths],
        "format": [document.language for document in documents],
        "content_sha256": [content.sha256 for content in contents],
        "size_bytes": [content.size_bytes for content in contents],
        "front_matter": [document.front_matter for document in documents],
        "related": _gather_items([document.related for document in documents]),
        "body": [document.body for document in documents],
    }
    arrays = [
        values if isinstance(values, pa.Array) else pa.array(values, field.type)
        for values, field in zip(columns.values(), DOCUMENTS_SCHEMA, strict=True)
    ]
    return pa.table(arrays, schema=DOCUMENTS_SCHEMA)


def _gather_items(lists: Sequence[Sequence[str] | None]) -> pa.Array:
    numbers: dict[str, int] = {}
    offsets: list[int | None] = []
    places: list[int] = []
    for items in lists:
        # A null offset makes a null list.
        offsets.append(None if items is None else len(places))
        places.extend(numbers.setdefault(item, len(numbers)) for item in items or ())
    distinct = pa.array(numbers, pa.large_string())
    values = pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), distinct)
    return pa.ListArray.from_arrays(pa.array([*offsets, len(places)], pa.int32()), values)


def write_arrow(rows: pa.Table, folder: Path) -> Path:
    """Write `rows` into a file of `folder` that no other attempt writes."""
    folder.mkdir(parents=True, exist_ok=True)
    # A task may run twice at once, as when its worker is given up but lives on.
    path = folder / f".{os.urandom(16).hex()}.arrow"
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, rows.schema) as writer:
        writer.write_table(rows)
    return path
