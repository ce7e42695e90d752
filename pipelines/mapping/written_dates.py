"""Written dates: which text says when a post was published.

It is found here and read elsewhere, so a worker needs no Polars for it.
"""

import re
from typing import Final

_DATE: Final = re.compile(r"\s*[0-9]{4}-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12][0-9]|3[01])(?:[Tt\s]|$)")


def is_date(text: str) -> bool:
    """Whether `text` begins like a date that tables can read."""
    return _DATE.match(text) is not None
