"""The keys of a post that have a column of their own, nested as they are written.

Whatever a file holds beside these keys is kept, as JSON, in the column `extra`.
"""

from typing import Final, TypeAlias

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
"""What front matter holds: text, nulls, and lists and mappings of them."""

TEXT: Final = "text"
Shape: TypeAlias = "str | list[Shape] | dict[str, Shape]"
"""`TEXT`, a list with the shape of its items, or a mapping with the shape of each key."""

IMAGE: Final[Shape] = {
    "url": TEXT,
    "width": TEXT,
    "height": TEXT,
    "isCached": TEXT,
    "title": TEXT,
    "attribution": TEXT,
}
PROVIDER: Final[Shape] = {"name": TEXT, "domain": TEXT, "images": [IMAGE]}
RELATED: Final[Shape] = {
    "title": TEXT,
    "excerpt": TEXT,
    "publishedDateTime": TEXT,
    "webUrl": TEXT,
    "ampWebUrl": TEXT,
    "cdnAmpWebUrl": TEXT,
    "type": TEXT,
    "provider": PROVIDER,
    "quality": TEXT,
    "images": [IMAGE],
}
FRONT_MATTER: Final[dict[str, Shape]] = {
    "category": TEXT,
    "type": TEXT,
    "title": TEXT,
    "excerpt": TEXT,
    "publishedDateTime": TEXT,
    "originalUrl": TEXT,
    "webUrl": TEXT,
    "ampWebUrl": TEXT,
    "cdnAmpWebUrl": TEXT,
    "provider": PROVIDER,
    "topics": [TEXT],
    "quality": TEXT,
    "heat": TEXT,
    "published": TEXT,
    "removed": TEXT,
    "featuredContent": TEXT,
    "images": [IMAGE],
    "related": [RELATED],
    "secured": TEXT,
}

SECRET_KEY: Final = "secured"
"""An opaque ciphertext of the publisher: kept in `documents`, shown nowhere else."""
