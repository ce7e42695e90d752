"""documents: the front matter of every file, nested as text, with nothing left out.

Workers import this: it knows neither Polars nor pandera.
"""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.field_path import parse_field_path
from pipelines.ids import identify
from schemas.front_matter import FRONT_MATTER, Shape, Value


def build_documents(
    files: Sequence[dict[str, Any]], fitted: pa.Table, bodies: Sequence[str | None]
) -> pa.Table:
    """Rows of `documents`: one for each row of the ledger, of `fitted` and of `bodies`."""
    paths = [file["source_path"] for file in files]
    columns = {
        "document_id": pa.array(map(identify, paths), pa.string()),
        "source_path": pa.array(paths, pa.string()),
        "collection": pa.array(map(_find_collection, paths), pa.string()),
        "content_sha256": pa.array([file["content_sha256"] for file in files], pa.string()),
        "size_bytes": pa.array([file["size_bytes"] for file in files], pa.int64()),
        **dict(zip(fitted.column_names, fitted.columns, strict=True)),
        # Bodies have no limit but that of a file, and a month of them may exceed two gigabytes.
        "body": pa.array(bodies, pa.large_string()),
    }
    return pa.table(columns)


def restore_front_matter(document: dict[str, Any]) -> dict[str, Value]:
    """The mapping that the file of this `documents` row holds; only the order of keys is lost."""
    restored = _without_absent({key: document[key] for key in FRONT_MATTER}, FRONT_MATTER)
    for text, value in json.loads(document["extra"] or "{}").items():
        *parents, last = parse_field_path(text)
        place = restored
        for step in parents:
            place = place[step]
        place[last] = value
    front_matter: dict[str, Value] = restored
    return front_matter


def _find_collection(source_path: str) -> str:
    return source_path.rpartition("/")[0]


def _without_absent(value: Any, shape: Shape) -> Any:
    if isinstance(shape, dict) and value is not None:
        return {
            key: _without_absent(value[key], inner)
            for key, inner in shape.items()
            if value[key] is not None
        }
    if isinstance(shape, list) and value is not None:
        return [_without_absent(item, shape[0]) for item in value]
    return value
