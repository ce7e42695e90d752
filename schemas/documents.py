"""documents: every readable front-matter file, lossless and untyped."""

from typing import Final

import polars as pl

from schemas.language.archive import describe_archive
from schemas.language.registry import list_names, load_table
from schemas.language.rules import IS_ID, IS_NOT_NEGATIVE, IS_SHA256
from schemas.language.shape import Shape
from schemas.language.table import Column, Table, derived

SECRET_KEYS: Final = ("secured",)
"""An opaque ciphertext of the publisher."""

ARCHIVE: Final = describe_archive(
    [load_table(name) for name in list_names() if name != "documents"], SECRET_KEYS
)


def column_type(shape: Shape) -> pl.DataType:
    """The Polars type that holds `shape` as text."""
    if isinstance(shape, dict):
        return pl.Struct({key: column_type(inner) for key, inner in shape.items()})
    if isinstance(shape, list):
        return pl.List(column_type(shape[0]))
    return pl.String()


def add_keys(own: dict[str, Column], shape: dict[str, Shape]) -> dict[str, Column]:
    """The columns `own`, with one for every key of `shape` before the last two.

    Raises:
        ValueError: A key has the name of an own column.
    """
    if taken := sorted(own.keys() & shape.keys()):
        raise ValueError(f"documents has its own columns {', '.join(taken)}: no key can be read")
    keys = {
        key: derived(column_type(inner), f"The key {key} as written; null if it is absent.")
        for key, inner in shape.items()
    }
    *first, extra, body = own
    return {name: {**own, **keys}[name] for name in (*first, *keys, extra, body)}


DOCUMENTS = Table(
    name="documents",
    grain="One row per readable front-matter file, its text as written.",
    made_from="raw",
    key=("document_id",),
    order=("source_path",),
    columns=add_keys(
        {
            "document_id": derived(
                pl.String, "First 128 bits of the SHA-256 of source_path.", IS_ID, is_required=True
            ),
            "source_path": derived(pl.String, "Path below raw/, with slashes.", is_required=True),
            "collection": derived(
                pl.String,
                "The whole parent folder below raw/; empty at the root.",
                is_required=True,
            ),
            "content_sha256": derived(
                pl.String, "SHA-256 of the bytes of the file.", IS_SHA256, is_required=True
            ),
            "size_bytes": derived(pl.Int64, "Size of the file.", IS_NOT_NEGATIVE, is_required=True),
            "extra": derived(
                pl.String,
                "JSON of what the columns cannot hold, by path: unknown keys, keys that are "
                "present but null, and values of another shape; null if there is none.",
            ),
            "body": derived(pl.String, "The text after the closing fence; null if there is none."),
        },
        dict(ARCHIVE.shape),
    ),
)
