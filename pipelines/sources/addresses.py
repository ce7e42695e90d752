"""Addresses: which kind of source an address stands for."""

import re
from typing import Final

from pipelines.errors import RawError
from pipelines.sources.folder import open_folder
from pipelines.sources.mounts import restore_mounts
from pipelines.sources.source import Source

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)


def open_source(address: str) -> Source:
    """The source at `address`, which is the path of a folder, or that of `Mounts`.

    Raises:
        RawError: The address is of a kind that is not supported.
    """
    if address.startswith("{"):
        return restore_mounts(address, open_source)
    if _SCHEME.match(address):
        raise RawError(f"{address}: addresses with a scheme are not supported; give a folder")
    return open_folder(address)
