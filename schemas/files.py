"""files: the ledger, every file under raw/ and what became of it."""

import polars as pl

from schemas.language.references import refers
from schemas.language.rules import IS_ID, IS_MONTH, IS_NOT_NEGATIVE, IS_SHA256
from schemas.language.table import Table, derived

STATUS = pl.Enum(["loaded", "rejected", "ignored"])

FILES = Table(
    name="files",
    grain="One row per file under raw/.",
    made_from="findings",
    key=("source_path",),
    order=("source_path",),
    is_partitioned=False,
    incidental=("modified_ns",),
    references=(refers("document_id", "documents"),),
    columns={
        "source_path": derived(pl.String, "Path below raw/, with slashes.", is_required=True),
        "size_bytes": derived(
            pl.Int64, "Size on disk; null for what is never opened.", IS_NOT_NEGATIVE
        ),
        "modified_ns": derived(
            pl.Int64, "Modification time in nanoseconds since 1970; null for what is never opened."
        ),
        "content_sha256": derived(
            pl.String,
            "SHA-256 of its bytes; null if they were not read, or they crashed the parser.",
            IS_SHA256,
        ),
        "status": derived(
            STATUS,
            "loaded: its article is in; rejected: its front matter or its article is wrong, or it "
            "is no post any more; "
            "ignored: not a front-matter file, or no article by the settings of the archive.",
            is_required=True,
        ),
        "reason": derived(
            pl.String,
            "Why it is not loaded; for a rejected file the field, rule and message of its first "
            "error; null if it is loaded.",
        ),
        "document_id": derived(pl.String, "Its row in documents; null if it has none.", IS_ID),
        "published_month": derived(
            pl.String, "The partition of its document; null if it has none.", IS_MONTH
        ),
    },
)
