"""Rows of documents: the front matter of every file as text, with nothing left out.

Workers import this, so it does without Polars and pandera.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.values.ids import identify


def build_documents(
    files: Sequence[dict[str, Any]], fitted: pa.Table, bodies: Sequence[str | None]
) -> pa.Table:
    """Rows of `documents`: one for each row of the ledger `files`, of `fitted` and of `bodies`."""
    paths = [file["source_path"] for file in files]
    columns = {
        "document_id": pa.array(map(identify, paths), pa.string()),
        "source_path": pa.array(paths, pa.string()),
        "collection": pa.array(map(_find_collection, paths), pa.string()),
        "content_sha256": pa.array([file["content_sha256"] for file in files], pa.string()),
        "size_bytes": pa.array([file["size_bytes"] for file in files], pa.int64()),
        **dict(zip(fitted.column_names, fitted.columns, strict=True)),
        # A body may be as large as a file, and the bodies of a month may exceed two gigabytes.
        "body": pa.array(bodies, pa.large_string()),
    }
    return pa.table(columns)


def _find_collection(source_path: str) -> str:
    return source_path.rpartition("/")[0]
