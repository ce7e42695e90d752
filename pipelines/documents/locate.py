"""Lines and columns: where findings are in their raw files."""

import hashlib
from collections.abc import Callable

import polars as pl

from pipelines.documents.fences import split_post
from pipelines.documents.field_path import parse_field_path
from pipelines.documents.formats import locate_fields


def locate_findings(
    findings: pl.DataFrame, read: Callable[[str], bytes], hashes: dict[str, str]
) -> pl.DataFrame:
    """Add line and column to every finding that has a field path.

    Args:
        findings: Those of one or more tables.
        read: The bytes of a file, by its source path; OSError if it cannot be read.
        hashes: The SHA-256 that each of these files had when it was parsed. A file that has
            changed since keeps its findings without a line.
    """
    wanted = findings.filter(pl.col("line").is_null() & pl.col("field_path").is_not_null())
    places: list[tuple[str, str, int, int]] = []
    by_file: dict[str, list[str]] = {}
    for path, field_path in wanted.select("source_path", "field_path").iter_rows():
        by_file.setdefault(path, []).append(field_path)
    for path, field_paths in by_file.items():
        places += _locate_in_file(path, field_paths, read, hashes.get(path))
    located = pl.DataFrame(
        places,
        schema={
            "source_path": pl.String,
            "field_path": pl.String,
            "_line": pl.Int32,
            "_column": pl.Int32,
        },
        orient="row",
    )
    return (
        findings.join(located, on=["source_path", "field_path"], how="left", maintain_order="left")
        .with_columns(
            line=pl.coalesce("line", "_line"), column_number=pl.coalesce("column_number", "_column")
        )
        .drop("_line", "_column")
    )


def _locate_in_file(
    source_path: str, field_paths: list[str], read: Callable[[str], bytes], sha256: str | None
) -> list[tuple[str, str, int, int]]:
    try:
        data = read(source_path)
    except OSError:
        return []
    if hashlib.sha256(data).hexdigest() != sha256:
        return []
    paths = {parse_field_path(text): text for text in field_paths}
    places = locate_fields(split_post(data), paths)
    return [(source_path, paths[path], *place) for path, place in places.items()]
