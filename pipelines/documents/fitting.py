"""Fitting: front matter goes into the columns of documents, what they cannot hold to `extra`."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any, Final, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.
import pyarrow.json  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.documents.field_path import FieldPath, render_field_path
from schemas.front_matter import FRONT_MATTER, TEXT, Shape, Value


class Fitted(NamedTuple):
    """Columns of `documents` for some of many front matters; `places` says for which."""

    places: list[int]
    columns: pa.Table


def arrow_type(shape: Shape) -> pa.DataType:
    """The Arrow type that holds `shape` as text."""
    if isinstance(shape, dict):
        return pa.struct([(key, arrow_type(inner)) for key, inner in shape.items()])
    return pa.list_(arrow_type(shape[0])) if isinstance(shape, list) else pa.string()


FRONT_MATTER_COLUMNS: Final = pa.schema(
    [(key, arrow_type(shape)) for key, shape in FRONT_MATTER.items()]
)
_FITTED_COLUMNS: Final = FRONT_MATTER_COLUMNS.append(pa.field("extra", pa.string()))


def fit_front_matter(front_matter: dict[str, Value]) -> dict[str, Any]:
    """The columns of `front_matter`, and in `extra`, as JSON by path, what they cannot hold."""
    extra: dict[str, Value] = {}
    columns: dict[str, Any] = _fit(front_matter, FRONT_MATTER, (), extra)
    return {**columns, "extra": render_json(extra) if extra else None}


def frame_fitted(fitted: Sequence[dict[str, Any]]) -> pa.Table:
    """The rows of `fit_front_matter` as a table."""
    return pa.Table.from_pylist(list(fitted), schema=_FITTED_COLUMNS)


def fit_json(lines: Sequence[bytes | None]) -> Fitted:
    """The columns of those `lines` that need no `extra`; each is a JSON object of text.

    Not among them is a line that is null, has a null in it or a key twice, or holds anything that
    the columns do not expect.
    """
    plain = [place for place, line in enumerate(lines) if line and _is_plain(line)]
    parts = [Fitted([], FRONT_MATTER_COLUMNS.empty_table()), *_read_parts(plain, lines)]
    columns = pa.concat_tables([part.columns for part in parts])
    nothing = pa.nulls(columns.num_rows, pa.string())
    return Fitted(
        [place for part in parts for place in part.places], columns.append_column("extra", nothing)
    )


def render_json(value: object) -> str:
    """Compact JSON in the order of the file."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _list_names(shape: Shape) -> Iterator[str]:
    if isinstance(shape, dict):
        yield from shape
    for inner in shape.values() if isinstance(shape, dict) else shape:
        if not isinstance(inner, str):
            yield from _list_names(inner)


_NAMES: Final = frozenset(name.encode() for name in _list_names(FRONT_MATTER))
_NAME: Final = re.compile(rb'"([A-Za-z_][A-Za-z0-9_-]*)": ')
_NULL: Final = re.compile(rb"(?:\": *|[\[,] *)null")


def _is_plain(line: bytes) -> bool:
    """No value is null, which a column cannot tell from absent, and no key is unknown.

    pyarrow would infer a column for each unknown key, which takes seconds and gigabytes where
    thousands of files have keys of their own. A text that looks like a null only costs time.
    """
    if b"null" in line and _NULL.search(line):
        return False
    return _NAMES.issuperset(_NAME.findall(line))


def _read_parts(places: list[int], lines: Sequence[bytes | None]) -> Iterator[Fitted]:
    """Read all lines at once; if some do not fit, read them by halves."""
    if not places:
        return
    part = _read_part(places, b"\n".join(filter(None, map(lines.__getitem__, places))))
    if part:
        yield part
    elif len(places) > 1:
        half = len(places) // 2
        yield from _read_parts(places[:half], lines)
        yield from _read_parts(places[half:], lines)


def _read_part(places: list[int], text: bytes) -> Fitted | None:
    """The lines without unknown root keys; null if any line does not fit for another reason."""
    try:
        table = pyarrow.json.read_json(
            pa.BufferReader(text),
            # All in one block, since no line may be longer than a block.
            pyarrow.json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            pyarrow.json.ParseOptions(
                explicit_schema=FRONT_MATTER_COLUMNS, unexpected_field_behavior="infer"
            ),
        )
    except pa.ArrowInvalid:
        return None
    columns = table.select(FRONT_MATTER_COLUMNS.names)
    if columns.schema != FRONT_MATTER_COLUMNS:
        return None
    unknown = table.drop_columns(FRONT_MATTER_COLUMNS.names)
    if not unknown.num_columns:
        return Fitted(places, columns)
    # Loaded here, since a run that parses little never comes to it.
    import pyarrow.compute as pc  # type: ignore[import-untyped]  # It has no type hints.

    is_known = reduce(pc.and_, map(pc.is_null, unknown.columns))
    kept = [place for place, known in zip(places, is_known.to_pylist(), strict=True) if known]
    return Fitted(kept, columns.filter(is_known))


def _fit(value: Value, shape: Shape, path: FieldPath, extra: dict[str, Value]) -> Any:
    """The part of `value` that fits `shape`; the rest goes to `extra` under its path."""
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
