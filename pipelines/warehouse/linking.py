"""Files that two snapshots share."""

import os
import shutil
from pathlib import Path


def link_file(source: Path, target: Path) -> None:
    """A hard link, or a copy if the file system has no links, or no more of them.

    Raises:
        FileNotFoundError: `source` is missing, or the folder of `target`.
        OSError: The disk is full, or the folder cannot be written to.
    """
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copy2(source, target)
