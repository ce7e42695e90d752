"""JSON text: the one form in which documents keep the values of front matter."""

from json.encoder import JSONEncoder
from typing import Final

_ENCODER: Final = JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def render_json(value: object) -> str:
    """`value` as compact JSON on one line, its keys in the order that they have."""
    return _ENCODER.encode(value)
