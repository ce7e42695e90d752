"""Cell changes: what changed between two snapshots, a line for each cell."""

import json
from collections.abc import Iterable, Iterator
from itertools import count, repeat
from typing import Final, NamedTuple

import polars as pl

from pipelines.reports.secrets import HIDDEN, Secrets
from pipelines.reports.text import count_noun
from pipelines.warehouse.matching import KEY, PATH, Difference, Match
from schemas.language.shape import Value
from schemas.language.table import Table

CELL_TYPES: Final = pl.Schema(
    dict.fromkeys(("table", "path", "key", "change", "column", "old", "new"), pl.String())
)
"""A line of a comparison.

`path` is the raw file that a row comes from, `key` the row in words, which begin with that path.
`change` is changed, added or removed. Only a changed row has a `column`, and `old` and `new` as
text; null is null.
"""
MOST_CHARACTERS: Final = 200
"""A longer text is cut around its first difference."""
_JSON: Final = {("documents", "front_matter"), ("articles", "extra")}
"""The columns that are JSON objects: their keys are compared."""
_CELL_TYPES: Final = {
    "_row": pl.UInt32(),
    "column": pl.String(),
    "old": pl.String(),
    "new": pl.String(),
}
_NUMBERED: Final = pl.Schema({**_CELL_TYPES, "path": pl.String(), "key": pl.String()})


class _Cell(NamedTuple):
    """A cell that changed, in the row number `row` of some rows."""

    row: int
    column: str
    old: str | None
    new: str | None


def list_cells(
    match: Match, difference: Difference, table: Table, secrets: Secrets, limit: int | None = None
) -> pl.DataFrame:
    """The lines of `match`: cells in the order of the columns, row by row.

    Of changed, added and removed rows, only the first `limit` each.
    """
    changed = difference.is_changed.arg_true()
    last = -1 if changed.is_empty() or limit == 0 else changed.head(limit or len(changed))[-1]
    numbered = [_NUMBERED.to_frame()]
    for column, differs in difference.columns.items():
        places = differs.arg_true()
        places = places.filter(places <= last)
        cells = _list_column(table, column, match.before[places], match.after[places], secrets)
        numbered.append(cells.with_columns(_row=places[cells["_row"]]))
    found = [_frame_cells(pl.concat(numbered).sort("_row", maintain_order=True), table, "changed")]
    for change, rows, is_hidden in (
        ("added", match.added, secrets.hides_new),
        ("removed", match.removed, secrets.hides_old),
    ):
        shown = rows if limit is None else rows.head(limit)
        said = shown.select(path=PATH, key=PATH if is_hidden else KEY)
        found.append(_frame_cells(said, table, change))
    return pl.concat(found)


def _frame_cells(rows: pl.DataFrame, table: Table, change: str) -> pl.DataFrame:
    missing = [name for name in ("column", "old", "new") if name not in rows.columns]
    return rows.with_columns(
        *(pl.lit(None, pl.String).alias(name) for name in missing),
        table=pl.lit(table.name),
        change=pl.lit(change),
    ).select(CELL_TYPES.names())


def _list_column(
    table: Table, column: str, before: pl.DataFrame, after: pl.DataFrame, secrets: Secrets
) -> pl.DataFrame:
    """The cells of one column, with `_row`, the place of their row."""
    is_long = column in table.columns and table.columns[column].is_long_text
    old, new = (
        _render_values(each[column], is_long)
        if column in each.columns
        else pl.repeat(None, each.height, dtype=pl.String, eager=True)
        for each in (before, after)
    )
    cells = (
        _compare_objects(column, old, new, secrets)
        if (table.name, column) in _JSON
        else map(_Cell, count(), repeat(column), old, new)
    )
    shown = pl.DataFrame([_shorten(cell, secrets) for cell in cells], _CELL_TYPES, orient="row")
    is_hidden = secrets.hides_old or secrets.hides_new
    said = after.select(path=PATH, key=PATH if is_hidden else KEY).with_row_index("_row")
    return shown.join(said, on="_row", maintain_order="left").select(_NUMBERED.names())


def _shorten(cell: _Cell, secrets: Secrets) -> _Cell:
    """A cell with short texts, and without those that may be secret."""
    old, new = cut_texts(cell.old, cell.new)
    old = HIDDEN if secrets.hides_old and old is not None else old
    new = HIDDEN if secrets.hides_new and new is not None else new
    return cell._replace(old=old, new=new)


def _render_values(values: pl.Series, is_long: bool) -> pl.Series:
    """`values` as text. Of a list of long texts, how many they are."""
    if isinstance(values.dtype, pl.Datetime):
        return values.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    if not isinstance(values.dtype, pl.List):
        return values.cast(pl.String)
    lists = values.to_list()
    if is_long:
        texts = [None if each is None else count_noun(len(each), "item") for each in lists]
    else:
        texts = [None if each is None else json.dumps(each, ensure_ascii=False) for each in lists]
    return pl.Series(texts, dtype=pl.String)


def _compare_objects(
    column: str, old: Iterable[str | None], new: Iterable[str | None], secrets: Secrets
) -> Iterator[_Cell]:
    """A cell for each key of JSON objects that changed."""
    for row, (old_text, new_text) in enumerate(zip(old, new, strict=True)):
        before, after = _read_object(old_text), _read_object(new_text)
        names = [
            name
            for name in dict.fromkeys([*after, *before])
            if name not in before or name not in after or before[name] != after[name]
        ]
        for name in names:
            values = (_render_key(each, name, secrets) for each in (before, after))
            yield _Cell(row, f"{column}.{name}", *values)
        if not names:
            # The keys have another order.
            yield _Cell(row, column, *(", ".join(each) for each in (before, after)))


def _read_object(text: str | None) -> dict[str, Value]:
    return json.loads(text) if text else {}


def _render_key(values: dict[str, Value], name: str, secrets: Secrets) -> str | None:
    """The value of a key, null as text. It is None if the key is not there."""
    if name not in values:
        return None
    if name in secrets.keys:
        return HIDDEN
    shown = secrets.redact(values[name])
    return shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)


def cut_texts(
    old: str | None, new: str | None, most: int = MOST_CHARACTERS
) -> tuple[str | None, str | None]:
    """Both texts, cut around their first difference if one of them has more than `most`."""
    if max(len(old or ""), len(new or "")) <= most:
        return old, new
    start = max(_count_alike(old or "", new or "") - most // 5, 0)
    return _cut_text(old, start, most), _cut_text(new, start, most)


def _cut_text(text: str | None, start: int, most: int) -> str | None:
    if text is None:
        return None
    end = start + most
    before, after = "..." if start else "", "..." if len(text) > end else ""
    length = f" ({len(text):,} characters)" if before or after else ""
    return f"{before}{text[start:end]}{after}{length}"


def _count_alike(old: str, new: str) -> int:
    """How many characters both texts begin with. Half of what is left is compared at a time."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
