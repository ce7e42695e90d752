"""Notes: what a snapshot remembers of the rows of a table, in a file beside its manifest.

A note is a cache. It is no part of the snapshot, so it may be rewritten, and everything goes on
without it. It has one value for each row of one file of a table.
"""

import hashlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.warehouse.layout import STAGING_NAME, find_root
from pipelines.warehouse.linking import link_file
from pipelines.warehouse.manifest import Partition

_DIGEST_BYTES: Final = hashlib.sha256().digest_size


def read_note(folder: Path, name: str, partition: Partition) -> pl.Series | None:
    """The note `name` of the snapshot in `folder`.

    None if there is none, or it was made for other rows than those of `partition`.
    """
    with suppress(OSError, pl.exceptions.PolarsError):
        content = (folder / name).read_bytes()
        digest, data = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        # Proven first: Polars may crash on a damaged file.
        if digest == _digest(partition, data):
            return pl.read_ipc(BytesIO(data)).to_series()
    return None


def write_note(folder: Path, name: str, partition: Partition, values: pl.Series) -> None:
    """Write a note of the rows of `partition`, in place of an earlier one.

    If it cannot be written, there is none.
    """
    data = BytesIO()
    values.to_frame("value").write_ipc(data, compression="zstd")
    # In staging, so that the next run sweeps away what a killed run leaves.
    draft = find_root(folder) / STAGING_NAME / f".{name}"
    with suppress(OSError):
        draft.write_bytes(_digest(partition, data.getvalue()) + data.getvalue())
        draft.replace(folder / name)


def keep_note(parent: Path, folder: Path, name: str) -> None:
    """Let the snapshot in `folder` have the note of its parent. Its rows must be the same."""
    with suppress(OSError):
        link_file(parent / name, folder / name)


def _digest(partition: Partition, data: bytes) -> bytes:
    """A hash of the file of the table, and of what is said of its rows."""
    return hashlib.sha256(str(partition.sha256).encode() + data).digest()
