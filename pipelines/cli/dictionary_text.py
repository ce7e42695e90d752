"""The data dictionary on the terminal, readable at any width."""

import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from pipelines.cli.console import PIPED_WIDTH, print_line
from pipelines.reports.dictionary import DescribedColumn, DescribedTable
from pipelines.reports.joins import list_joins
from pipelines.reports.text import count_noun

_MOST_CHARACTERS: Final = 120
"""Longer lines are hard to read, however wide the terminal is."""
_LEAST_CHARACTERS: Final = 20
_LEAST_MEANING: Final = 50
"""If there is less room beside the types, meanings stand below them."""
_INDENT: Final = "    "
_FIRST_SENTENCE: Final = re.compile(r"(?<=\.) ")
_NULLS: Final = {True: "yes", False: "no", None: "?"}
_NULLS_BELOW: Final = {True: ", may be null", False: ", never null", None: ""}
_HEADER: Final = ("column", "type", "may be null")


def print_overview(described: Sequence[DescribedTable]) -> None:
    """What each table is and how many rows it has, then what each view is."""
    views = [each for each in described if each.is_view]
    for each in described:
        if views and each is views[0]:
            print_line("")
            print_line("Views, for `matterhouse query` and in warehouse.duckdb:")
        print_line(_name_with_rows(each))
        _print_wrapped(_FIRST_SENTENCE.split(each.grain)[0], _INDENT)


def print_tables(tables: Sequence[DescribedTable]) -> None:
    """All that is known of `tables`."""
    for number, table in enumerate(tables):
        if number:
            print_line("")
        print_line(_name_with_rows(table))
        _print_wrapped(table.grain)
        if table.key:
            _print_wrapped(f"Key: {', '.join(table.key)}.")
        for sentence in list_joins(table):
            _print_wrapped(sentence)
        print_line("")
        _print_columns(table.columns)


def _name_with_rows(table: DescribedTable) -> str:
    return table.name if table.rows is None else f"{table.name}: {count_noun(table.rows, 'row')}"


def _print_columns(columns: Sequence[DescribedColumn]) -> None:
    cells = _list_cells(columns)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    room = _width() - sum(widths) - 2 * len(widths)
    if room < _LEAST_MEANING:
        _print_below(columns)
        return
    starts = [_align(each, widths) for each in cells]
    print_line(f"{starts[0]}meaning")
    for start, column in zip(starts[1:], columns, strict=True):
        _print_beside(start, column, room)


def _list_cells(columns: Sequence[DescribedColumn]) -> list[tuple[str, ...]]:
    """The header, and what stands beside each meaning. Of views nobody knows where nulls are."""
    rows = ((each.name, each.type, _NULLS[each.is_nullable]) for each in columns)
    cells: list[tuple[str, ...]] = [_HEADER, *rows]
    is_known = any(each.is_nullable is not None for each in columns)
    return cells if is_known else [each[:2] for each in cells]


def _print_beside(start: str, column: DescribedColumn, room: int) -> None:
    lines = [
        line
        for text in _list_texts(column)
        for line in textwrap.wrap(text, room, break_on_hyphens=False) or [""]
    ]
    for number, line in enumerate(lines):
        print_line((" " * len(start) if number else start) + line)


def _print_below(columns: Sequence[DescribedColumn]) -> None:
    """Columns one below the other, each with its meaning in the next lines."""
    for column in columns:
        print_line(f"{column.name}: {column.type}{_NULLS_BELOW[column.is_nullable]}")
        for text in _list_texts(column):
            _print_wrapped(text, _INDENT)


def _list_texts(column: DescribedColumn) -> Iterator[str]:
    yield column.meaning
    if column.keys:
        yield f"From: {column.keys}"
    if column.limits.one_of:
        yield f"Values: {', '.join(column.limits.one_of)}"
    if column.rules:
        yield f"Rules: {', '.join(column.rules)}"


def _align(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"{cell:<{width + 2}}" for cell, width in zip(cells, widths, strict=True))


def _print_wrapped(text: str, indent: str = "") -> None:
    # The second line of a sentence is indented, so that it does not look like another one.
    below = indent or _INDENT
    for line in textwrap.wrap(
        text, _width(), initial_indent=indent, subsequent_indent=below, break_on_hyphens=False
    ):
        print_line(line)


def _width() -> int:
    wide = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPED_WIDTH
    return max(_LEAST_CHARACTERS, min(wide, _MOST_CHARACTERS))
