"""Identities: how the raw files looked when a snapshot read them, like git's index.

They say which files need not be read again. Content hashes stay the truth: without identities,
or with damaged ones, every file is read once more.
"""

import hashlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import polars as pl

from pipelines.warehouse.layout import IDENTITIES_NAME, STAGING_NAME, find_root
from pipelines.warehouse.manifest import Manifest

_DIGEST_BYTES = hashlib.sha256().digest_size


def read_identities(folder: Path, manifest: Manifest) -> pl.Series | None:
    """The identity of each row of the table `files` of the snapshot in `folder`.

    An identity is None if the file could still change without another one. All is None if there are
    no identities, or they belong to another table.
    """
    with suppress(OSError, pl.exceptions.PolarsError):
        content = (folder / IDENTITIES_NAME).read_bytes()
        digest, data = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        # Proven first: Polars may crash on a damaged file.
        if digest == _digest(manifest, data):
            return pl.read_ipc(BytesIO(data)).to_series()
    return None


def write_identities(folder: Path, manifest: Manifest, identities: pl.Series) -> None:
    """Put the identities beside the manifest in `folder`, in place of earlier ones.

    If the disk refuses them, files are read once more.
    """
    data = BytesIO()
    identities.to_frame("identity").write_ipc(data, compression="zstd")
    content = _digest(manifest, data.getvalue()) + data.getvalue()
    # In staging, so that the next run sweeps away what a killed run leaves.
    draft = find_root(folder) / STAGING_NAME / f".{IDENTITIES_NAME}"
    with suppress(OSError):
        draft.write_bytes(content)
        draft.replace(folder / IDENTITIES_NAME)


def _digest(manifest: Manifest, data: bytes) -> bytes:
    """A hash of the table `files` and of what is said of its rows."""
    files = [str(record.sha256) for record in manifest.tables["files"].values()]
    return hashlib.sha256("\n".join(files).encode() + data).digest()
