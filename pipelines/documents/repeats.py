"""Repeats: a related item that stands in many posts, letter for letter, is parsed once.

Nine tenths of a news archive are related items, and each stands in dozens of posts. Where every
line is a node of its own, as the gate of simple YAML guarantees, an item means the same wherever
it stands: so the items are cut out, what remains of the posts and what is distinct among the items
is parsed, and the columns are put together again.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from typing import Final, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]  # It has no type hints.
import pyarrow.compute as pc  # type: ignore[import-untyped]  # It has no type hints.

from pipelines.documents.fitting import Fitted, Fitter
from pipelines.documents.simple_yaml import to_json

MAX_CUT_CHARACTERS: Final = 150_000
"""Of a front matter that is cut. In text that passes the gate, a node takes one and a half
characters at least (`a:` and a line end are two nodes), so this is within the limit of nodes, which
nobody counts here. The largest known has 131,000."""
CHUNK_ITEMS: Final = 64
"""Parsed as one list: a text of their own for each would cost more than its parsing."""

_LIST_BEGINS: Final = "\nrelated:\n"
_DASH: Final = re.compile(r" {0,30}- ")
_NEXT_ROOT_KEY: Final = re.compile(r"\n(?=[A-Za-z_])")


class _Cut(NamedTuple):
    """A front matter without its key `related`, and the numbers of the items that it lists."""

    place: int
    remainder: str
    numbers: list[int]


class _FittedItems(NamedTuple):
    """Items that fit into a column: for each number its row of `values`."""

    rows: dict[int, int]
    values: pa.Array


class _Items:
    """The distinct items of many front matters, in the order in which they are found."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, dict[str, int]] = {}

    def number(self, dash: str, parts: list[str]) -> list[int] | None:
        """The numbers of items that begin with `dash`; null if one of them may end too soon."""
        known = self._numbers.setdefault(dash, {})
        numbers = list(map(known.get, parts))
        if None in numbers:
            # A line that is indented no deeper than the dash.
            if any(re.search(rf"\n {{0,{len(dash) - 2}}}[^ \n]", part) for part in parts):
                return None
            for part in parts:
                if part not in known:
                    known[part] = len(self.texts)
                    self.texts.append(f"{dash}{part}\n")
        return list(map(known.__getitem__, parts))


def fit_repeats(front_matters: Sequence[str], fitter: Fitter) -> Fitted:
    """The columns of those that can be cut, and fit into them without `extra`."""
    items = _Items()
    cuts = list(_cut_all(front_matters, items))
    fitted = _fit_items(items.texts, fitter)
    remainders = fitter.fit_json(to_json([cut.remainder for cut in cuts]))
    # A second key `related` would be in its column; libyaml refuses the whole text.
    is_whole = remainders.columns["related"].is_null().to_pylist()
    kept = [
        (row, cuts[at])
        for row, at in enumerate(remainders.places)
        if is_whole[row] and fitted.rows.keys() >= set(cuts[at].numbers)
    ]
    columns = remainders.columns.take(pa.array([row for row, _ in kept], pa.int32()))
    place = columns.schema.get_field_index("related")
    related = _gather_items(fitted, [cut.numbers for _, cut in kept])
    return Fitted(
        [cut.place for _, cut in kept],
        columns.set_column(place, columns.schema.field(place), related),
    )


def _cut_all(front_matters: Sequence[str], items: _Items) -> Iterator[_Cut]:
    for place, text in enumerate(front_matters):
        begin = text.find(_LIST_BEGINS) + 1
        if begin and len(text) <= MAX_CUT_CHARACTERS and (cut := _cut_items(text, begin, items)):
            yield _Cut(place, *cut)


def _cut_items(text: str, begin: int, items: _Items) -> tuple[str, list[int]] | None:
    """`text` without the list that begins at `begin`, and its items; null if there is any doubt.

    The list ends before the next root key.
    """
    start = begin + len(_LIST_BEGINS) - 1
    dash = _DASH.match(text, start)
    if dash is None:
        return None
    after = _NEXT_ROOT_KEY.search(text, start)
    end = after.end() if after else len(text)
    parts = text[dash.end() : end].rstrip("\n").split(f"\n{dash[0]}")
    numbers = items.number(dash[0], parts)
    return None if numbers is None else (text[:begin] + text[end:], numbers)


def _fit_items(items: Sequence[str], fitter: Fitter) -> _FittedItems:
    """Fit `items` in lists of many; those of a list that does not fit, one by one."""
    together = _fit_lists(items, list(_split_chunks(items)), fitter)
    others = [[number] for number in range(len(items)) if number not in together.rows]
    alone = _fit_lists(items, others, fitter)
    count = len(together.values)
    return _FittedItems(
        together.rows | {number: count + row for number, row in alone.rows.items()},
        pa.concat_arrays([together.values, alone.values]),
    )


def _split_chunks(items: Sequence[str]) -> Iterator[list[int]]:
    """Numbers of items that can stand in one list: their dashes are in one column."""
    for _, run in groupby(range(len(items)), key=lambda number: items[number].index("-")):
        numbers = list(run)
        for start in range(0, len(numbers), CHUNK_ITEMS):
            yield numbers[start : start + CHUNK_ITEMS]


def _fit_lists(
    items: Sequence[str], lists: Sequence[Sequence[int]], fitter: Fitter
) -> _FittedItems:
    """Fit lists of items, each list as one front matter that holds nothing else."""
    texts = ["related:\n" + "".join(map(items.__getitem__, numbers)) for numbers in lists]
    places, columns = fitter.fit_json(to_json(texts))
    related = columns["related"].combine_chunks()
    rows: dict[int, int] = {}
    begin = 0
    for place, length in zip(places, pc.list_value_length(related).to_pylist(), strict=True):
        # No text is known that is read as more or fewer items than were cut from it. If one is, its
        # numbers would lead to the values of other items, so it has to be parsed in another way.
        if length == len(lists[place]):
            rows.update(zip(lists[place], range(begin, begin + length), strict=True))
        begin += length or 0
    return _FittedItems(rows, related.flatten())


def _gather_items(fitted: _FittedItems, lists: Sequence[Sequence[int]]) -> pa.Array:
    """One list of values for each list of numbers."""
    offsets = [0, *accumulate(map(len, lists))]
    rows = [fitted.rows[number] for numbers in lists for number in numbers]
    values = fitted.values.take(pa.array(rows, pa.int32()))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)
