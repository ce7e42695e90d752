"""documents: the front matter of every file, nested as text, with nothing left out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import polars as pl

from pipelines.field_path import FieldPath, parse_field_path, render_field_path
from pipelines.front_matter import Value
from pipelines.ids import identify
from pipelines.timestamps import read_timestamps
from schemas import UNKNOWN_MONTH
from schemas.documents import DOCUMENTS
from schemas.front_matter import FRONT_MATTER, SECRET_KEY, Shape


class Leftover(NamedTuple):
    """A value of one document that its columns cannot hold.

    `shape` is what the columns expect at `path`; null if the key has no column.
    """

    document: int
    path: FieldPath
    value: Value
    shape: Shape | None

    @property
    def is_misshapen(self) -> bool:
        """The value has a column, but another shape; a key that is present but null has not."""
        return self.shape is not None and (self.value is not None or isinstance(self.path[-1], int))

    @property
    def is_secret(self) -> bool:
        """The value belongs to the key that no analyst and no report may see."""
        return SECRET_KEY in self.path


def build_document(
    source_path: str,
    content_sha256: str,
    size_bytes: int,
    front_matter: dict[str, Value],
    body: str | None,
) -> dict[str, Any]:
    """One row of `documents`."""
    extra: dict[str, Value] = {}
    columns = _fit(front_matter, FRONT_MATTER, (), extra)
    folder = PurePosixPath(source_path).parent.as_posix()
    return {
        "document_id": identify(source_path),
        "source_path": source_path,
        "collection": "" if folder == "." else folder,
        "content_sha256": content_sha256,
        "size_bytes": size_bytes,
        **columns,
        "extra": to_json(extra) if extra else None,
        "body": body,
    }


def restore_front_matter(document: dict[str, Any]) -> dict[str, Value]:
    """The mapping that the file of this `documents` row holds; only the order of keys is lost."""
    restored = _without_absent({key: document[key] for key in FRONT_MATTER}, FRONT_MATTER)
    for text, value in json.loads(document["extra"] or "{}").items():
        *parents, last = parse_field_path(text)
        place = restored
        for step in parents:
            place = place[step]
        place[last] = value
    front_matter: dict[str, Value] = restored
    return front_matter


def list_leftovers(documents: pl.DataFrame) -> Iterator[Leftover]:
    """Everything that the columns of `documents` cannot hold, in the order of the rows."""
    present = documents["extra"].is_not_null().arg_true()
    for document, extra in zip(present, documents["extra"].gather(present), strict=True):
        for text, value in json.loads(extra).items():
            path = parse_field_path(text)
            yield Leftover(document, path, value, _expected_shape(path))


def add_month(documents: pl.DataFrame) -> pl.DataFrame:
    """`documents` with the column `published_month`: the UTC month, or unknown."""
    moment = read_timestamps(documents["publishedDateTime"])["moment"]
    return documents.with_columns(
        published_month=moment.dt.strftime("%Y-%m").fill_null(UNKNOWN_MONTH)
    )


def frame_documents(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """The rows of `build_document` as a frame, in any order."""
    return pl.DataFrame(list(rows), schema=DOCUMENTS.dtypes, strict=True)


def describe_shape(shape: Shape) -> tuple[str, str]:
    """The rule that a value of `shape` obeys, and the shape in words."""
    if isinstance(shape, dict):
        return "is_mapping", "a mapping"
    return ("is_list", "a list") if isinstance(shape, list) else ("is_text", "text")


def to_json(value: object) -> str:
    """Compact JSON in the order of the file."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _fit(value: Value, shape: Shape, path: FieldPath, extra: dict[str, Value]) -> Any:
    """The part of `value` that fits `shape`; the rest goes to `extra` under its path."""
    if isinstance(shape, dict) and isinstance(value, dict):
        for key in value:
            if key not in shape:
                extra[render_field_path((*path, key))] = value[key]
        return {
            key: _fit(value[key], inner, (*path, key), extra) if key in value else None
            for key, inner in shape.items()
        }
    if isinstance(shape, list) and isinstance(value, list):
        return [_fit(item, shape[0], (*path, n), extra) for n, item in enumerate(value)]
    if isinstance(shape, str) and isinstance(value, str):
        return value
    extra[render_field_path(path)] = value
    return None


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


def _expected_shape(path: FieldPath) -> Shape | None:
    shape: Shape = FRONT_MATTER
    for step in path:
        if isinstance(shape, dict) and step in shape:
            shape = shape[str(step)]
        elif isinstance(shape, list) and isinstance(step, int):
            shape = shape[0]
        else:
            return None
    return shape
