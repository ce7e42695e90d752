"""Fitting: JSON texts go into columns of text, by the keys of an archive.

What no column can hold is a leftover: a key without a column, or a value of another shape.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, reduce
from operator import attrgetter
from typing import Any, Final, NamedTuple

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.
import pyarrow.json  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.documents.field_path import FieldPath
from pipelines.documents.json_text import render_json
from pipelines.tables.leftovers import Leftover
from schemas.language.shape import TEXT, Shape, Value

_ROW: Final = "_row"
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
    schema = pa.schema([(key, _arrow_type(inner)) for key, inner in shape.items()])
    rows = pl.int_range(len(texts), dtype=pl.UInt32, eager=True)
    parts = list(_read_plain(texts, rows, schema, shape))
    others = _list_others(rows, parts)
    known, unknown = _take_unknown(texts.gather(others), others, shape)
    parts += _read_plain(known, others, schema, shape)
    others = _list_others(rows, parts)
    leftovers = [each for row in unknown.keys() - {*others} for each in unknown[row]]
    for start in range(0, len(others), _STEP):
        few = others[start : start + _STEP]
        alone = [{_ROW: row, **_fit_text(texts[row], shape, row, leftovers)} for row in few]
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
    texts: pl.Series, rows: pl.Series, shape: Mapping[str, Shape]
) -> tuple[pl.Series, dict[int, list[Leftover]]]:
    """`texts` without their unknown root keys, and these by row.

    Most posts that do not fit have no other fault.
    """
    known = []
    unknown: dict[int, list[Leftover]] = {}
    for row, text in zip(rows, texts, strict=True):
        mapping = json.loads(text)
        if isinstance(mapping, dict):
            unknown[row] = [
                Leftover(row, (key,), mapping.pop(key), None)
                for key in [key for key in mapping if key not in shape]
            ]
        known.append(render_json(mapping))
    return pl.Series(known, dtype=pl.String), unknown


def _read_plain(
    texts: pl.Series, rows: pl.Series, schema: pa.Schema, shape: Mapping[str, Shape]
) -> Iterator[pl.DataFrame]:
    """The columns of those texts that need no closer look."""
    is_plain = texts.str.contains(_render_gate(*_list_names(dict(shape))))
    yield from _read_parts(texts.filter(is_plain), rows.filter(is_plain), schema)


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


def _fit_text(
    text: str, shape: Mapping[str, Shape], row: int, leftovers: list[Leftover]
) -> dict[str, Any]:
    columns: dict[str, Any] | None = _fit(json.loads(text), dict(shape), (), row, leftovers)
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
