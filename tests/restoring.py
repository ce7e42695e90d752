"""From a row of documents back to the mapping of its file."""

import json
from typing import Any

from schemas.documents import ARCHIVE
from schemas.language.shape import Value


def restore_front_matter(document: dict[str, Any]) -> dict[str, Value]:
    """The mapping that the file of this row holds, its repeated list at the end."""
    front_matter: dict[str, Value] = json.loads(document["front_matter"])
    if document["related"] is not None:
        front_matter[ARCHIVE.repeated_key] = list(map(json.loads, document["related"]))
    return front_matter
