"""The address of the raw files of a snapshot, if they were found elsewhere after it was published.

A snapshot in which only that changed would be empty. So it is noted beside the manifest.
"""

from contextlib import suppress
from pathlib import Path

from pipelines.warehouse.layout import ADDRESS_NAME, STAGING_NAME, find_root


def read_address(folder: Path) -> str | None:
    """Where the raw files of the snapshot in `folder` were found last; None if nothing is noted."""
    with suppress(OSError, UnicodeDecodeError):
        return (folder / ADDRESS_NAME).read_text(encoding="utf-8") or None
    return None


def write_address(folder: Path, address: str) -> None:
    """Note where the raw files are. If that fails, the next build notes it."""
    # In staging, so that the next run sweeps away what a killed run leaves.
    draft = find_root(folder) / STAGING_NAME / f".{ADDRESS_NAME}"
    with suppress(OSError):
        draft.write_text(address, encoding="utf-8")
        draft.replace(folder / ADDRESS_NAME)
