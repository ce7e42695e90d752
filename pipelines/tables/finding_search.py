"""Searching findings: those of some table, rule, file or field."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from pipelines.sources.globs import match_glob

_POSITION: Final = r"\[\d+\]"


def match_findings(
    rows: pl.LazyFrame,
    collect: Callable[[pl.LazyFrame], pl.DataFrame],
    wanted: Mapping[str, str | None],
    *,
    path: str | None = None,
    field: str | None = None,
) -> pl.LazyFrame:
    """Those findings among `rows` that match.

    Args:
        rows: Findings.
        collect: Reads what was scanned.
        wanted: The values that columns must have; None for any.
        path: A source path, or a glob over source paths.
        field: A field path, with or without the positions in lists: `images[3].url` or
            `images[].url`.

    Raises:
        ValueError: `path` is neither.
    """
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if field is not None:
        written = pl.col("field_path")
        rows = rows.filter((written == field) | (without_positions(written) == field))
    if path is not None:
        paths = collect(rows.select(pl.col("source_path").unique()))["source_path"]
        # The name of a file may look like a glob.
        matches = [each for each in paths if each == path or match_glob(path, each)]
        rows = rows.filter(pl.col("source_path").is_in(matches))
    return rows


def without_positions(field_path: pl.Expr) -> pl.Expr:
    """`field_path` without positions in lists, like `related[].title`."""
    return field_path.str.replace_all(_POSITION, "[]")


def strip_positions(field_path: str) -> str:
    """The same for one text."""
    return re.sub(_POSITION, "[]", field_path)
