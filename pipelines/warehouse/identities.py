"""Identities: how the raw files looked when a snapshot read them, like git's index.

They say which files need not be read again. Content hashes stay the truth: without identities,
or with damaged ones, every file is read once more.
"""

from pathlib import Path

import polars as pl

from pipelines.warehouse.layout import name_identities
from pipelines.warehouse.manifest import Manifest
from pipelines.warehouse.notes import keep_note, read_note, write_note


def read_identities(folder: Path, manifest: Manifest, bucket: str) -> pl.Series | None:
    """The identity of each row of a bucket of the table `files`, of the snapshot in `folder`.

    An identity is None if the file could still change without another one. All is None if there are
    no identities, or they belong to another table.
    """
    return read_note(folder, name_identities(bucket), manifest.tables["files"][bucket])


def write_identities(folder: Path, manifest: Manifest, bucket: str, identities: pl.Series) -> None:
    """Put the identities of a bucket beside the manifest in `folder`, in place of earlier ones.

    If they cannot be written, the next build reads the files again.
    """
    write_note(folder, name_identities(bucket), manifest.tables["files"][bucket], identities)


def keep_identities(parent: Path, folder: Path, bucket: str) -> None:
    """Let the snapshot in `folder` have the identities of a bucket that its parent has."""
    keep_note(parent, folder, name_identities(bucket))
