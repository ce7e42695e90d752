"""Names of raw files: how they are shown, and which of them are never read."""

import os
import re
from typing import Final

BYTE_ESCAPE: Final = re.compile(r"\\x([0-9a-f]{2})")

_BACKUP_ENDS: Final = ("~", ".bak", ".orig", ".swp")


def is_backup(name: str) -> bool:
    """Whether editors and merges keep earlier versions in files of such a name.

    They are no posts, even if the post beside them is gone. They would count it twice.
    """
    is_between_hashes = name[0] == name[-1] == "#"
    return len(name) > 1 and (name.endswith(_BACKUP_ENDS) or is_between_hashes)


def render_name(name: str) -> str:
    r"""`name` as text, its undecodable bytes as `\xNN`.

    Where a name already contains such a sequence, its backslash is escaped in the same way, so
    that no two names become one.
    """
    if name.isascii() and "\\" not in name:
        return name
    text = os.fsencode(name).decode("utf-8", "surrogateescape")
    escaped = BYTE_ESCAPE.sub(r"\\x5cx\1", text)
    return escaped.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
