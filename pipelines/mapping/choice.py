"""The choice of a mapping: which of the built-in ones fits the posts of an archive."""

import re
from collections.abc import Iterable
from typing import Final

from pipelines.mapping.post_mapping import DATE_KEY, EVERYDAY, WEB, PostMapping

SAMPLE_FILES: Final = 200
"""How many files are looked at, spread over the archive."""

_HAS_DATE_KEY: Final = re.compile(
    rb'^[ \t]*"?' + DATE_KEY.encode() + rb'"?[ \t]*[:=]', re.MULTILINE
)


def choose_mapping(files: Iterable[bytes]) -> PostMapping:
    """The mapping that fits `files`: `everyday` if one of them has its date key, else `web`."""
    return EVERYDAY if any(_HAS_DATE_KEY.search(data) for data in files) else WEB
