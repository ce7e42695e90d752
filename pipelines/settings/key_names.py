"""Names of keys and folders: what they tell of the values, where no mapping knows them."""

import re
from collections.abc import Collection
from typing import Final

_TITLE: Final = re.compile(r"(?:.*[^a-z])?(?:headline|heading|subject|(?<!sub)title)|fullname")
_OTHER_TITLE: Final = re.compile(r"seo|meta|og|twitter|social|nav|menu|sidebar|short|sub|job|alt")
AUTHOR: Final = re.compile(
    r"authorname|by|coauthor|coauthors|contributor|contributors|postauthor|reporter|reporters"
    r"|writer|writers|writtenby"
)
TOPIC: Final = re.compile(
    r"category|genre|genres|hashtags|labels|posttags|subjects|taglist|tags|themes|topic|topics"
)
OTHER_DAY: Final = re.compile(
    r"expir|until|end|updat|modif|lastmod|review|deadline|due|birth|born|died|check|verif|access"
    r"|retriev|saved"
)
"""Dates with another meaning than that something was published."""
OTHER_ADDRESSES: Final = re.compile(r"alias|redirect")
"""Former addresses of the post itself."""
PEOPLE_OR_LISTS: Final = re.compile(
    r"author|authors|bio|bios|categories|category|contributors|members|people|person|persons"
    r"|profiles|speakers|staff|tag|tags|team|teams"
)


def normalize(key: str) -> str:
    """`key` in small letters, without signs: what the patterns here are for."""
    return re.sub(r"[^a-z0-9]", "", key.lower())


def is_title(key: str) -> bool:
    """Whether `key` is called like the title of a post, and not like that of a menu or a card."""
    name = re.sub(r"([a-z])([A-Z])", r"\1_\2", key.rpartition(".")[2]).lower()
    return bool(_TITLE.fullmatch(name)) and not _OTHER_TITLE.search(name)


def name_column(key: str) -> str | None:
    """The name of a column for a key; None if it gives no good one."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", key)
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return name if re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name) else None


def prefer(names: list[str], usual: Collection[str]) -> str | None:
    """The name that is as usual, or else the first one."""
    order = [each.lower() for each in usual]
    known = [name for name in names if name.lower() in order]
    if known:
        return min(known, key=lambda name: order.index(name.lower()))
    return names[0] if names else None
