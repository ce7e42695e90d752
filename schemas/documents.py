"""documents: every readable front-matter file, lossless and untyped."""

from typing import Final

import polars as pl

from schemas.language.archive import describe_archive
from schemas.language.references import refers
from schemas.language.registry import list_names, load_table
from schemas.language.rules import IS_ID, IS_NOT_NEGATIVE, IS_SHA256
from schemas.language.table import Table, derived

REPEATED_KEY: Final = "related"
"""Nine tenths of a news archive are these items, and each stands in dozens of posts."""
SECRET_KEYS: Final = ("secured",)
"""An opaque ciphertext of the publisher."""

ARCHIVE: Final = describe_archive(
    [load_table(name) for name in list_names() if name != "documents"], REPEATED_KEY, SECRET_KEYS
)

DOCUMENTS = Table(
    name="documents",
    grain="One row per readable front-matter file, its text as written.",
    made_from="raw",
    key=("document_id",),
    order=("source_path",),
    references=(refers("source_path", "files"),),
    columns={
        "document_id": derived(
            pl.String, "First 128 bits of the SHA-256 of source_path.", IS_ID, is_required=True
        ),
        "archive": derived(
            pl.String,
            "Name of its archive, if the settings name several; null if there is only one.",
        ),
        "source_path": derived(pl.String, "Path below raw/, with slashes.", is_required=True),
        "collection": derived(
            pl.String, "The whole parent folder below raw/; empty at the root.", is_required=True
        ),
        "format": derived(
            pl.String, "Language of the front matter: yaml, toml or json.", is_required=True
        ),
        "content_sha256": derived(
            pl.String, "SHA-256 of the bytes of the file.", IS_SHA256, is_required=True
        ),
        "size_bytes": derived(pl.Int64, "Size of the file.", IS_NOT_NEGATIVE, is_required=True),
        "front_matter": derived(
            pl.String,
            "The front matter as one JSON object: every scalar is text as written or null, keys "
            f"are in the order of the file. Without {REPEATED_KEY} if that is a list.",
            is_required=True,
            is_long_text=True,
        ),
        "related": derived(
            pl.List(pl.String),
            f"The items of the list {REPEATED_KEY}, each as JSON; null if it is absent or no list.",
            is_long_text=True,
        ),
        "body": derived(
            pl.String,
            "The text after the front matter; null if there is none.",
            is_long_text=True,
        ),
    },
)
