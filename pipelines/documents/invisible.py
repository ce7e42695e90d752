"""Invisible characters: they look like a space or like nothing, and YAML takes them for text."""

import re
import unicodedata
from typing import Final

INVISIBLE: Final = (
    r"[\u00A0\u00AD\u061C\u1680\u180E\u2000-\u200F\u2028-\u202F\u205F-\u206F\u3000\uFEFF]"
)
"""A pattern for one of them. None is a blank or a line end of YAML."""

_EDGES: Final = re.compile(rf"\A(?:{INVISIBLE}|\s)+|(?:{INVISIBLE}|\s)+\Z")


def name_character(character: str) -> str:
    """Its code point and name, like `U+00A0 (NO-BREAK SPACE)`."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} ({name})" if name else f"U+{ord(character):04X}"


def is_space(character: str) -> bool:
    """Whether the character takes room like a space."""
    return unicodedata.category(character) == "Zs"


def strip_invisible(text: str) -> str:
    """`text` without invisible characters and white space at its edges."""
    return _EDGES.sub("", text)


def escape_invisible(text: str) -> str:
    r"""`text` with every invisible character as its code, like `\u00a0`."""
    return re.sub(INVISIBLE, lambda found: f"\\u{ord(found[0]):04x}", text)
