"""Fitting: front matter goes into the columns of documents, the rest of it to `extra`.

The columns are the keys of an archive, its shape, all as text.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, Final, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.
import pyarrow.json  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.documents.field_path import FieldPath, render_field_path
from schemas.language.shape import TEXT, Shape, Value

_NAME: Final = re.compile(rb'"([A-Za-z_][A-Za-z0-9_-]*)": ')
_NULL: Final = re.compile(rb"(?:\": *|[\[,] *)null")


class Fitted(NamedTuple):
    """Columns of `documents` for some of many front matters. `places` says for which."""

    places: list[int]
    columns: pa.Table


class Fitter:
    """Puts front matter into columns of one shape."""

    def __init__(self, shape: Mapping[str, Shape]) -> None:
        self._shape = dict(shape)
        self._names = frozenset(name.encode() for name in _list_names(self._shape))
        self.columns = pa.schema([(key, arrow_type(inner)) for key, inner in shape.items()])

    def fit_front_matter(self, front_matter: dict[str, Value]) -> dict[str, Any]:
        """The columns of `front_matter`. What they cannot hold is in `extra`, as JSON by path."""
        extra: dict[str, Value] = {}
        columns: dict[str, Any] = _fit(front_matter, self._shape, (), extra)
        return {**columns, "extra": render_json(extra) if extra else None}

    def frame(self, fitted: Sequence[dict[str, Any]]) -> pa.Table:
        """The rows of `fit_front_matter` as a table."""
        schema = self.columns.append(pa.field("extra", pa.string()))
        return pa.Table.from_pylist(list(fitted), schema=schema)

    def fit_json(self, lines: Sequence[bytes | None]) -> Fitted:
        """The columns of those `lines` that need no `extra`. Each line is a JSON object of text.

        A line is left out if it is None, has a null or a repeated key, or holds anything that the
        columns do not expect.
        """
        plain = [place for place, line in enumerate(lines) if line and self._is_plain(line)]
        parts = [Fitted([], self.columns.empty_table()), *self._read_parts(plain, lines)]
        columns = pa.concat_tables([part.columns for part in parts])
        nothing = pa.nulls(columns.num_rows, pa.string())
        places = [place for part in parts for place in part.places]
        return Fitted(places, columns.append_column("extra", nothing))

    def _is_plain(self, line: bytes) -> bool:
        """Whether no value is null, and no key is unknown.

        In a column, null and absent would look the same. For each unknown key, pyarrow would infer
        a column. That takes seconds and gigabytes if thousands of files have keys of their own. A
        text that looks like a null only costs time.
        """
        if b"null" in line and _NULL.search(line):
            return False
        return self._names.issuperset(_NAME.findall(line))

    def _read_parts(self, places: list[int], lines: Sequence[bytes | None]) -> Iterator[Fitted]:
        """Read all lines at once. If some do not fit, read them by halves."""
        if not places:
            return
        part = self._read_part(places, b"\n".join(filter(None, map(lines.__getitem__, places))))
        if part:
            yield part
        elif len(places) > 1:
            half = len(places) // 2
            yield from self._read_parts(places[:half], lines)
            yield from self._read_parts(places[half:], lines)

    def _read_part(self, places: list[int], text: bytes) -> Fitted | None:
        """The lines without unknown root keys. None if a line does not fit for another reason."""
        try:
            table = pyarrow.json.read_json(
                pa.BufferReader(text),
                # All in one block, since no line may be longer than a block.
                pyarrow.json.ReadOptions(use_threads=False, block_size=len(text) + 1),
                pyarrow.json.ParseOptions(
                    explicit_schema=self.columns, unexpected_field_behavior="infer"
                ),
            )
        except pa.ArrowInvalid:
            return None
        columns = table.select(self.columns.names)
        if columns.schema != self.columns:
            return None
        unknown = table.drop_columns(self.columns.names)
        if not unknown.num_columns:
            return Fitted(places, columns)
        # Imported here, since a run that parses little never needs it.
        import pyarrow.compute as pc  # type: ignore[import-untyped]  # It has no type hints.

        is_known = reduce(pc.and_, map(pc.is_null, unknown.columns))
        kept = [place for place, known in zip(places, is_known.to_pylist(), strict=True) if known]
        return Fitted(kept, columns.filter(is_known))


def arrow_type(shape: Shape) -> pa.DataType:
    """The Arrow type that holds `shape` as text."""
    if isinstance(shape, dict):
        return pa.struct([(key, arrow_type(inner)) for key, inner in shape.items()])
    return pa.list_(arrow_type(shape[0])) if isinstance(shape, list) else pa.string()


def render_json(value: object) -> str:
    """Compact JSON in the order of the file."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _list_names(shape: Shape) -> Iterator[str]:
    if isinstance(shape, dict):
        yield from shape
    for inner in shape.values() if isinstance(shape, dict) else shape:
        if not isinstance(inner, str):
            yield from _list_names(inner)


def _fit(value: Value, shape: Shape, path: FieldPath, extra: dict[str, Value]) -> Any:
    """The part of `value` that fits `shape`. The rest goes to `extra` under its path."""
    if isinstance(shape, dict) and isinstance(value, dict):
        fitted = dict.fromkeys(shape)
        for key, inner in value.items():
            if key not in shape:
                extra[render_field_path((*path, key))] = inner
            elif isinstance(inner, str) and shape[key] == TEXT:
                fitted[key] = inner
            else:
                fitted[key] = _fit(inner, shape[key], (*path, key), extra)
        return fitted
    if isinstance(shape, list) and isinstance(value, list):
        return [_fit(item, shape[0], (*path, n), extra) for n, item in enumerate(value)]
    if isinstance(shape, str) and isinstance(value, str):
        return value
    extra[render_field_path(path)] = value
    return None
