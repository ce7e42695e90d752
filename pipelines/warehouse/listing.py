"""The listing: where and when the raw files of a snapshot were last seen as its ledger has them."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.warehouse.layout import LISTING_NAME, STAGING_NAME
from pipelines.warehouse.manifest import Manifest

NEVER_NS: Final = -(2**62)
"""As the time of a listing, before all others: so every file was changed since, and is read again.
For files that may not be the ones that were listed."""


@dataclass(frozen=True)
class Listing:
    """A look at the raw folder.

    `listed_ns` is when it began, `raw_id` which folder it was, whatever its name.
    """

    listed_ns: int
    raw_id: str

    @classmethod
    def noted(cls, listed_ns: int, raw_id: str) -> "Listing":
        """One as it was noted; never, if that is still to come.

        The clock was ahead then: whatever is changed before that time would look known.
        """
        return cls(NEVER_NS if listed_ns > time.time_ns() else listed_ns, raw_id)


def read_listing(root: Path, manifest: Manifest) -> Listing:
    """The last listing of the warehouse `root` that found the files of this snapshot.

    Without a note of a later one it is that of the manifest: then more files are read again.
    """
    with suppress(OSError, ValueError, TypeError, KeyError, OverflowError):
        noted = json.loads((root / LISTING_NAME).read_text(encoding="utf-8"))
        # Not by its number, which is another snapshot's in a warehouse that was copied.
        if noted["run_id"] == manifest.run_id:
            return Listing.noted(int(noted["listed_ns"]), str(noted["raw_id"]))
    return Listing.noted(manifest.listed_ns, manifest.raw_id)


def note_listing(root: Path, manifest: Manifest, listing: Listing) -> None:
    """Note that files were read again and found as they are in this snapshot.

    Nothing is published for that. If it cannot be noted, they are read once more.
    """
    noted = {"run_id": manifest.run_id, **vars(listing)}
    # A run that is killed here leaves it to the next one to sweep.
    draft = root / STAGING_NAME / LISTING_NAME
    with suppress(OSError):
        draft.write_text(json.dumps(noted) + "\n", encoding="utf-8")
        draft.replace(root / LISTING_NAME)
