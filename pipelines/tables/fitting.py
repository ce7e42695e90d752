"""Fitting: JSON texts go into columns of text, by the keys of an archive.

What no column can hold is a leftover: a key without a column, or a value of another shape.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, reduce
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeAlias

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.
import pyarrow.json  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.documents.field_path import FieldPath
from pipelines.documents.json_text import render_json
from pipelines.tables.leftovers import Leftover
from schemas.language.shape import TEXT, Shape, Value

_ROW: Final = "_row"
_Unknown: TypeAlias = tuple[int, Leftover]
"""An unknown root key, and its place among all keys."""
_STEP: Final = 1_000
"""Texts that are fitted one by one. The values of more would take much memory."""


class Fitted(NamedTuple):
    """One row per text, one column per root key of the shape, and what is left over, in order."""

    columns: pl.DataFrame
    leftovers: list[Leftover]


def fit_texts(texts: pl.Series, shape: Mapping[str, Shape]) -> Fitted:
    """Fit JSON `texts`, in the form of `pipelines.documents.json_text`.

    In a column, null and absent look the same, and so does an empty text in place of a list or of a
    mapping.
    """
    rows = pl.int_range(len(texts), dtype=pl.UInt32, eager=True)
    parts = list(_read_plain(texts, rows, shape))
    others = _list_others(rows, parts)
    return _fit_others(map(json.loads, texts.gather(others)), others, parts, shape)


def fit_values(values: Iterable[Value], count: int, shape: Mapping[str, Shape]) -> Fitted:
    """The same for `count` values. They may come one by one, which saves memory."""
    rows = pl.int_range(count, dtype=pl.UInt32, eager=True)
    return _fit_others(values, rows, [], shape)


def _fit_others(
    values: Iterable[Value], rows: pl.Series, parts: list[pl.DataFrame], shape: Mapping[str, Shape]
) -> Fitted:
    """Fit the values of `rows`. `parts` are the columns of all other rows."""
    texts, unknown = _take_unknown(values, rows, shape)
    parts = [*parts, *_read_plain(texts, rows, shape)]
    others = _list_others(rows, parts)
    leftovers = [each for row in unknown.keys() - {*others} for _, each in unknown[row]]
    known = texts.filter(rows.is_in(others.implode()))
    schema = _arrow_schema(shape)
    for start in range(0, len(others), _STEP):
        few = zip(others[start : start + _STEP], known[start : start + _STEP], strict=True)
        alone = [
            {_ROW: row, **_fit_value(_put_back(text, unknown.get(row, ())), shape, row, leftovers)}
            for row, text in few
        ]
        in_arrow = pa.Table.from_pylist(alone, schema=schema.append(pa.field(_ROW, pa.uint32())))
        parts.append(_to_polars(in_arrow))
    leftovers.sort(key=attrgetter("row"))
    parts.append(_to_polars(schema.empty_table()).with_columns(rows.clear().alias(_ROW)))
    columns = pl.concat([part.select(*schema.names, _ROW) for part in parts]).sort(_ROW)
    return Fitted(columns.drop(_ROW), leftovers)


def _list_others(rows: pl.Series, parts: Sequence[pl.DataFrame]) -> pl.Series:
    """The rows that are in none of `parts`."""
    fitted = pl.concat([rows.clear(), *(part[_ROW] for part in parts)])
    return rows.filter(~rows.is_in(fitted.implode()))


def _take_unknown(
    values: Iterable[Value], rows: pl.Series, shape: Mapping[str, Shape]
) -> tuple[pl.Series, dict[int, list[_Unknown]]]:
    """JSON of `values` without their unknown root keys, and these by row.

    Most posts that do not fit have no other fault.
    """
    texts = []
    unknown: dict[int, list[_Unknown]] = {}
    for row, value in zip(rows, values, strict=True):
        known = value
        if isinstance(value, dict) and not value.keys() <= shape.keys():
            known = {key: inner for key, inner in value.items() if key in shape}
            unknown[row] = [
                (place, Leftover(row, (key,), inner, None))
                for place, (key, inner) in enumerate(value.items())
                if key not in shape
            ]
        texts.append(render_json(known))
    return pl.Series(texts, dtype=pl.String), unknown


def _read_plain(
    texts: pl.Series, rows: pl.Series, shape: Mapping[str, Shape]
) -> Iterator[pl.DataFrame]:
    """The columns of those texts that need no closer look."""
    is_plain = texts.str.contains(_render_gate(*_list_names(dict(shape))))
    yield from _read_parts(texts.filter(is_plain), rows.filter(is_plain), _arrow_schema(shape))


@cache
def _render_gate(texts: frozenset[str], others: frozenset[str]) -> str:
    """A pattern for objects of text that have only keys of these names, and no null in a list.

    The values of `others` are no text.

    For each other key, pyarrow would infer a column. That takes seconds and gigabytes if thousands
    of files have keys of their own.
    """
    text, other = ("|".join(map(re.escape, sorted(names))) for names in (texts, others))
    keys = rf'"(?:{text})":(?:null)?|"(?:{other})":(?:null|[\[{{])'
    return rf'^\{{(?:[{{}}\[\],]|{keys}|"(?:[^"\\]|\\.)*")*\}}$'


def _read_parts(texts: pl.Series, rows: pl.Series, schema: pa.Schema) -> Iterator[pl.DataFrame]:
    """Read all texts at once. If some do not fit, read them by halves."""
    if texts.is_empty():
        return
    part = _read_part(texts, rows, schema)
    if part is not None:
        yield part
    elif len(texts) > 1:
        half = len(texts) // 2
        yield from _read_parts(texts[:half], rows[:half], schema)
        yield from _read_parts(texts[half:], rows[half:], schema)


def _read_part(texts: pl.Series, rows: pl.Series, schema: pa.Schema) -> pl.DataFrame | None:
    """The texts without unknown root keys. None if a text does not fit for another reason."""
    lines = "\n".join(texts).encode()
    try:
        table = pyarrow.json.read_json(
            pa.BufferReader(lines),
            # All in one block, since no line may be longer than a block.
            pyarrow.json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="infer"),
        )
    except pa.ArrowInvalid:
        return None
    columns = table.select(schema.names)
    if columns.schema != schema:
        return None
    part = _to_polars(columns).with_columns(rows.alias(_ROW))
    unknown = table.drop_columns(schema.names)
    if not unknown.num_columns:
        return part
    is_known = reduce(
        lambda so_far, each: so_far & each.is_null(), _to_polars(unknown), _true(part)
    )
    return part.filter(is_known)


def _true(rows: pl.DataFrame) -> pl.Series:
    return pl.repeat(value=True, n=rows.height, eager=True)


def _to_polars(table: pa.Table) -> pl.DataFrame:
    return pl.DataFrame(table)


def _arrow_schema(shape: Mapping[str, Shape]) -> pa.Schema:
    return pa.schema([(key, _arrow_type(inner)) for key, inner in shape.items()])


def _arrow_type(shape: Shape) -> pa.DataType:
    """The Arrow type that holds `shape` as text."""
    if isinstance(shape, dict):
        return pa.struct([(key, _arrow_type(inner)) for key, inner in shape.items()])
    return pa.list_(_arrow_type(shape[0])) if isinstance(shape, list) else pa.string()


def _list_names(shape: Mapping[str, Shape]) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the keys that hold text somewhere, and of all others."""
    shapes = list(_list_shapes(dict(shape)))
    texts = frozenset(name for name, inner in shapes if isinstance(inner, str))
    return texts, frozenset(name for name, _ in shapes) - texts


def _list_shapes(shape: Shape) -> Iterator[tuple[str, Shape]]:
    """The keys of `shape` at any depth, with what they hold."""
    if isinstance(shape, dict):
        yield from shape.items()
    for inner in shape.values() if isinstance(shape, dict) else shape:
        if not isinstance(inner, str):
            yield from _list_shapes(inner)


def _put_back(text: str, unknown: Sequence[_Unknown]) -> Value:
    """The value of `text`, with its unknown keys where they stood."""
    value: Value = json.loads(text)
    if not unknown or not isinstance(value, dict):
        return value
    entries = list(value.items())
    for place, leftover in unknown:
        entries.insert(place, (str(leftover.path[0]), leftover.value))
    return dict(entries)


def _fit_value(
    value: Value, shape: Mapping[str, Shape], row: int, leftovers: list[Leftover]
) -> dict[str, Any]:
    columns: dict[str, Any] | None = _fit(value, dict(shape), (), row, leftovers)
    return columns or {}


def _fit(value: Value, shape: Shape, path: FieldPath, row: int, leftovers: list[Leftover]) -> Any:
    """The part of `value` that fits `shape`. The rest goes to `leftovers`."""
    if isinstance(shape, dict) and isinstance(value, dict):
        fitted = dict.fromkeys(shape)
        for key, inner in value.items():
            if key not in shape:
                leftovers.append(Leftover(row, (*path, key), inner, None))
            elif isinstance(inner, str) and shape[key] == TEXT:
                fitted[key] = inner
            elif inner not in (None, ""):
                fitted[key] = _fit(inner, shape[key], (*path, key), row, leftovers)
        return fitted
    if isinstance(shape, list) and isinstance(value, list):
        return [_fit(item, shape[0], (*path, n), row, leftovers) for n, item in enumerate(value)]
    if isinstance(value, str) and isinstance(shape, str):
        return value
    leftovers.append(Leftover(row, path, value, shape))
    return None
