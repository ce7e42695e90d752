"""Leftovers: what the columns of text cannot hold of the documents."""

from typing import NamedTuple

from pipelines.documents.field_path import FieldPath
from schemas.documents import ARCHIVE
from schemas.language.shape import Shape, Value


class Leftover(NamedTuple):
    """A value that no column can hold. A key may be null, an item of a list may not.

    `row` is the number of its document, or of the item that `path` starts from. `shape` is what the
    columns expect at `path`; None if the key has no column.
    """

    row: int
    path: FieldPath
    value: Value
    shape: "Shape | None"

    @property
    def is_misshapen(self) -> bool:
        """Whether there is a column that the value does not fit."""
        return self.shape is not None

    @property
    def is_secret(self) -> bool:
        """Whether it is under a key that no analyst and no report may see."""
        return not ARCHIVE.secret_keys.isdisjoint(self.path)


def find_shape(path: FieldPath) -> "Shape | None":
    """What the columns expect at `path`; None if it has no column."""
    shape: Shape = dict(ARCHIVE.shape)
    for step in path:
        if isinstance(shape, dict) and step in shape:
            shape = shape[str(step)]
        elif isinstance(shape, list) and isinstance(step, int):
            shape = shape[0]
        else:
            return None
    return shape


def describe_shape(shape: Shape) -> tuple[str, str]:
    """The rule for values of `shape`, and the shape in words."""
    if isinstance(shape, dict):
        return "is_mapping", "a mapping"
    return ("is_list", "a list") if isinstance(shape, list) else ("is_text", "text")


def without_secrets(value: Value) -> Value:
    """`value` without anything below a secret key, at any depth."""
    if isinstance(value, dict):
        return {
            key: without_secrets(each)
            for key, each in value.items()
            if key not in ARCHIVE.secret_keys
        }
    return [without_secrets(each) for each in value] if isinstance(value, list) else value
