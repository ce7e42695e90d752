"""Leftovers: what the columns of documents cannot hold. It is in `extra`."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import polars as pl

from pipelines.documents.field_path import FieldPath, parse_field_path
from schemas.documents import ARCHIVE
from schemas.language.shape import Shape, Value


class Leftover(NamedTuple):
    """A value of one document that its columns cannot hold.

    `shape` is what the columns expect at `path`; None if the key has no column.
    """

    document: int
    path: FieldPath
    value: Value
    shape: "Shape | None"

    @property
    def is_misshapen(self) -> bool:
        """Whether the value does not fit its column.

        A key may be null, an item of a list may not.
        """
        return self.shape is not None and (self.value is not None or isinstance(self.path[-1], int))

    @property
    def is_secret(self) -> bool:
        """Whether it is under a key that no analyst and no report may see."""
        return not ARCHIVE.secret_keys.isdisjoint(self.path)


def list_leftovers(documents: pl.DataFrame) -> Iterator[Leftover]:
    """Everything that the columns of `documents` cannot hold, in the order of the rows."""
    present = documents["extra"].is_not_null().arg_true()
    for document, extra in zip(present, documents["extra"].gather(present), strict=True):
        for text, value in json.loads(extra).items():
            path, shape = _read_path(text)
            yield Leftover(document, path, value, shape)


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


@lru_cache(maxsize=10_000)
def _read_path(text: str) -> "tuple[FieldPath, Shape | None]":
    """The path, and what the columns expect there.

    Cached, since thousands of documents share few paths.
    """
    path = parse_field_path(text)
    return path, find_shape(path)
