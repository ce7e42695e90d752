"""Addresses: which kind of source an address stands for."""

from pipelines.sources.folder import open_folder
from pipelines.sources.source import Source


def open_source(address: str) -> Source:
    """The source at `address`, which is the path of a folder.

    Raises:
        RawError: The address cannot be one.
    """
    return open_folder(address)
