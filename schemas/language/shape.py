"""Shapes: the keys of a post that have a column, nested as they are written.

Light on purpose: workers import this, and they do without Polars.
"""

from typing import Final, TypeAlias

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
"""What front matter holds: text, nulls, and lists and mappings of them."""

TEXT: Final = "text"
Shape: TypeAlias = "str | list[Shape] | dict[str, Shape]"
"""`TEXT`, a list with the shape of its items, or a mapping with the shape of each key."""


def place_key(root: dict[str, Shape], path: str, shape: Shape) -> None:
    """Put `shape` at `path` into `root`, like `related[].provider.name`.

    Mappings and lists on the way are created. A shape that is there already stays.

    Raises:
        ValueError: Something of another shape is there already.
    """
    *outer, last = path.split(".")
    mapping = root
    for step in outer:
        key = step.removesuffix("[]")
        inner = mapping.setdefault(key, [{}] if step.endswith("[]") else {})
        if isinstance(inner, list) and step.endswith("[]"):
            inner = inner[0]
        if not isinstance(inner, dict):
            raise ValueError(f"{path}: the key {key} holds something else in another column")
        mapping = inner
    if type(mapping.setdefault(last, shape)) is not type(shape):
        raise ValueError(f"{path}: the key {last} holds something else in another column")
