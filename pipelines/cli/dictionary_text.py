"""The data dictionary on the terminal, readable at any width."""

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
_LEAST_MEANING: Final = 50
"""If there is less room beside the types, meanings stand below them."""
_INDENT: Final = "    "
_HEADER: Final = ("column", "type", "may be null", "meaning")


def print_overview(tables: Sequence[DescribedTable]) -> None:
    """What each table is, and how many rows it has."""
    for table in tables:
        print_line(_name_with_rows(table))
        _print_wrapped(table.grain, _INDENT)


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
    cells = [_HEADER[:3], *(_list_cells(column) for column in columns)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    start = sum(widths) + 2 * len(widths)
    if _width() - start >= _LEAST_MEANING:
        _print_beside(columns, widths, start)
    else:
        _print_below(columns)


def _list_cells(column: DescribedColumn) -> tuple[str, str, str]:
    return column.name, column.type, "yes" if column.is_nullable else "no"


def _print_beside(columns: Sequence[DescribedColumn], widths: Sequence[int], start: int) -> None:
    """Columns as a table, their meanings in the last one."""
    print_line(_align(_HEADER[:3], widths) + _HEADER[3])
    for column in columns:
        first, *rest = (
            line
            for text in _list_texts(column)
            for line in textwrap.wrap(text, _width() - start, break_on_hyphens=False)
        )
        print_line(_align(_list_cells(column), widths) + first)
        for line in rest:
            print_line(" " * start + line)


def _print_below(columns: Sequence[DescribedColumn]) -> None:
    """Columns one below the other, each with its meaning in the next lines."""
    for column in columns:
        print_line(
            f"{column.name}: {column.type}, {'may be' if column.is_nullable else 'never'} null"
        )
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
    return min(wide, _MOST_CHARACTERS)
