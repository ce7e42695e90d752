"""The choice of a mapping: which of the built-in ones fits the posts of an archive."""

import re
from collections.abc import Iterable
from typing import Final

from pipelines.mapping.built_in import EVERYDAY, WEB
from pipelines.mapping.post_mapping import PostMapping

SAMPLE_FILES: Final = 200
"""How many files are looked at, spread over the archive."""


def choose_mapping(posts: Iterable[bytes], date_key: str) -> PostMapping:
    """The mapping that fits: `everyday` if at least half of `posts` have its `date_key`."""
    has_key = re.compile(rb'^[ \t]*"?%s"?[ \t]*[:=]' % re.escape(date_key).encode(), re.MULTILINE)
    found = [has_key.search(data) is not None for data in posts]
    return EVERYDAY if found and sum(found) >= len(found) / 2 else WEB
