"""The choice of a mapping: which of the built-in ones fits the posts of an archive."""

import re
from collections.abc import Iterable
from typing import Final

from pipelines.mapping.post_mapping import EVERYDAY, WEB, PostMapping

SAMPLE_FILES: Final = 200
"""How many files are looked at, spread over the archive."""


def choose_mapping(files: Iterable[bytes], date_key: str) -> PostMapping:
    """The mapping that fits `files`: `everyday` if one of them has its `date_key`, else `web`."""
    has_key = re.compile(rb'^[ \t]*"?%s"?[ \t]*[:=]' % re.escape(date_key).encode(), re.MULTILINE)
    return EVERYDAY if any(has_key.search(data) for data in files) else WEB
