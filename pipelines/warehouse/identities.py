"""Identities: how the raw files looked when a snapshot read them, like git's index.

They say which files need not be read again. Content hashes stay the truth: without identities,
or with damaged ones, every file is read once more.
"""

import hashlib
import os
import shutil
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import polars as pl

from pipelines.warehouse.layout import STAGING_NAME, find_root, name_identities
from pipelines.warehouse.manifest import Manifest

_DIGEST_BYTES = hashlib.sha256().digest_size


def read_identities(folder: Path, manifest: Manifest, bucket: str) -> pl.Series | None:
    """The identity of each row of a bucket of the table `files`, of the snapshot in `folder`.

    An identity is None if the file could still change without another one. All is None if there are
    no identities, or they belong to another table.
    """
    with suppress(OSError, pl.exceptions.PolarsError):
        content = (folder / name_identities(bucket)).read_bytes()
        digest, data = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        # Proven first: Polars may crash on a damaged file.
        if digest == _digest(manifest, bucket, data):
            return pl.read_ipc(BytesIO(data)).to_series()
    return None


def write_identities(folder: Path, manifest: Manifest, bucket: str, identities: pl.Series) -> None:
    """Put the identities of a bucket beside the manifest in `folder`, in place of earlier ones.

    If they cannot be written, the next build reads the files again.
    """
    data = BytesIO()
    identities.to_frame("identity").write_ipc(data, compression="zstd")
    content = _digest(manifest, bucket, data.getvalue()) + data.getvalue()
    name = name_identities(bucket)
    # In staging, so that the next run sweeps away what a killed run leaves.
    draft = find_root(folder) / STAGING_NAME / f".{name}"
    with suppress(OSError):
        draft.write_bytes(content)
        draft.replace(folder / name)


def keep_identities(parent: Path, folder: Path, bucket: str) -> None:
    """Let the snapshot in `folder` have the identities of a bucket that its parent has."""
    name = name_identities(bucket)
    with suppress(OSError):
        try:
            os.link(parent / name, folder / name)
        except OSError:
            shutil.copy2(parent / name, folder / name)


def _digest(manifest: Manifest, bucket: str, data: bytes) -> bytes:
    """A hash of the bucket's file of the table `files`, and of what is said of its rows."""
    sha256 = str(manifest.tables["files"][bucket].sha256)
    return hashlib.sha256(sha256.encode() + data).digest()
