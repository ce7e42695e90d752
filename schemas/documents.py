"""documents: every readable front-matter file, lossless and untyped."""

import polars as pl

from schemas.front_matter import FRONT_MATTER, Shape
from schemas.language.rules import IS_ID, IS_NOT_NEGATIVE, IS_SHA256
from schemas.language.table import Table, derived


def column_type(shape: Shape) -> pl.DataType:
    """The Polars type that holds `shape` as text."""
    if isinstance(shape, dict):
        return pl.Struct({key: column_type(inner) for key, inner in shape.items()})
    if isinstance(shape, list):
        return pl.List(column_type(shape[0]))
    return pl.String()


_OWN = {"document_id", "source_path", "collection", "content_sha256", "size_bytes", "extra", "body"}
if _taken := sorted(_OWN & FRONT_MATTER.keys()):
    raise ValueError(f"schemas/front_matter.py: {_taken}: documents has columns of these names")

DOCUMENTS = Table(
    name="documents",
    grain="One row per readable front-matter file, its text as written.",
    key=("document_id",),
    order=("source_path",),
    columns={
        "document_id": derived(
            pl.String, "First 128 bits of the SHA-256 of source_path.", IS_ID, is_required=True
        ),
        "source_path": derived(pl.String, "Path below raw/, with slashes.", is_required=True),
        "collection": derived(
            pl.String, "The whole parent folder below raw/; empty at the root.", is_required=True
        ),
        "content_sha256": derived(
            pl.String, "SHA-256 of the bytes of the file.", IS_SHA256, is_required=True
        ),
        "size_bytes": derived(pl.Int64, "Size of the file.", IS_NOT_NEGATIVE, is_required=True),
        **{
            key: derived(column_type(shape), f"The key {key} as written; null if it is absent.")
            for key, shape in FRONT_MATTER.items()
        },
        "extra": derived(
            pl.String,
            "JSON of what the columns cannot hold, by path: unknown keys, keys that are present "
            "but null, and values of another shape; null if there is none.",
        ),
        "body": derived(pl.String, "The text after the closing fence; null if there is none."),
    },
)
