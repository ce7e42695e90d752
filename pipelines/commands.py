"""Commands that messages recommend, to be typed where they are read."""

import shlex
from itertools import chain
from pathlib import Path
from typing import Final

DEFAULT_RAW: Final = Path("raw")
DEFAULT_WAREHOUSE: Final = Path("warehouse")


def render_command(*words: str, warehouse: Path, raw: Path = DEFAULT_RAW) -> str:
    """A command of ours, with the folders that are not the usual ones."""
    folders = {"--raw": (raw, DEFAULT_RAW), "--warehouse": (warehouse, DEFAULT_WAREHOUSE)}
    told = [
        (option, str(shorten_path(folder)))
        for option, (folder, usual) in folders.items()
        if shorten_path(folder) != usual
    ]
    return shlex.join(["matterhouse", *words, *chain(*told)])


def shorten_path(path: Path) -> Path:
    """`path` as seen from the working directory, if it lies below."""
    try:
        here = Path.cwd()
    except FileNotFoundError:
        # It was removed while somebody is in it.
        return path
    return path.relative_to(here) if path.is_relative_to(here) else path
