"""Written dates: which text says when a post was published.

It is found here and read elsewhere, so a worker needs no Polars for it.
"""

import re
from typing import Final

_DATE: Final = re.compile(r"\s*[0-9]{4}-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12][0-9]|3[01])(?:[Tt\s]|$)")
_IN_NAME: Final = re.compile(
    r"(?:^|/)([0-9]{4})-(0?[1-9]|1[0-2])-(0?[1-9]|[12][0-9]|3[01])(?![0-9])[^/]*(?:/[^/]*)?$"
)
"""At the start of a file name, or of the name of the folder that holds the file."""
_IN_FOLDERS: Final = re.compile(
    r"(?:^|/)((?:19|20)[0-9]{2})[/-](0[1-9]|1[0-2])[/-](0[1-9]|[12][0-9]|3[01])(?![0-9])"
)
"""Year, month and day somewhere in a path or an address, as in `2024/03/05/`."""


def is_date(text: str) -> bool:
    """Whether `text` begins like a date that tables can read."""
    return _DATE.match(text) is not None


def find_date_in_path(source_path: str) -> str | None:
    """The day that the name of the file gives, or that of its folder, or its folders."""
    return _join(_IN_NAME.search(source_path)) or _join(_IN_FOLDERS.search(source_path))


def find_date_in_address(address: str) -> str | None:
    """The day that the folders of an address give."""
    return _join(_IN_FOLDERS.search(address))


def _join(found: re.Match[str] | None) -> str | None:
    if found is None:
        return None
    year, month, day = found.groups()
    return f"{year}-{int(month):02}-{int(day):02}"
