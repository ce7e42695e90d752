"""From a row of documents back to the mapping of its file. Only the order of keys is lost."""

import json
from typing import Any

from pipelines.documents.field_path import parse_field_path
from schemas.documents import ARCHIVE
from schemas.language.shape import Shape, Value


def restore_front_matter(document: dict[str, Any]) -> dict[str, Value]:
    """The mapping that the file of this row holds."""
    restored = _without_absent({key: document[key] for key in ARCHIVE.shape}, dict(ARCHIVE.shape))
    for text, value in json.loads(document["extra"] or "{}").items():
        *parents, last = parse_field_path(text)
        place = restored
        for step in parents:
            place = place[step]
        place[last] = value
    front_matter: dict[str, Value] = restored
    return front_matter


def _without_absent(value: Any, shape: Shape) -> Any:
    if isinstance(shape, dict) and value is not None:
        return {
            key: _without_absent(value[key], inner)
            for key, inner in shape.items()
            if value[key] is not None
        }
    if isinstance(shape, list) and value is not None:
        return [_without_absent(item, shape[0]) for item in value]
    return value
