"""What `matterhouse diff` and `plan` print of a comparison: counts, then the first lines."""

import sys
from collections.abc import Collection, Iterator
from typing import IO, Any, Final, cast

import polars as pl

from pipelines.cli.columns import align_columns
from pipelines.cli.console import print_line
from pipelines.reports.cell_changes import CELL_TYPES, cut_texts
from pipelines.reports.comparison import Comparison
from pipelines.reports.diff_page import list_columns, list_more
from pipelines.reports.line_files import LineFormat, name_snapshots, write_lines
from pipelines.reports.text import escape_text

SHOWN_LINES: Final = 10
"""How many lines of each table and kind are shown by default."""
MOST_CHARACTERS: Final = 70
"""A longer value is cut around its first difference."""
_SIGNS: Final = {"changed": "~", "added": "+", "removed": "-"}


def print_comparison(
    comparison: Comparison, limit: int | None = None, unlisted: Collection[str] = ()
) -> None:
    """How many rows differ, by table and column, then the first of each kind.

    Of the tables `unlisted`, rows are only counted.
    """
    shown = SHOWN_LINES if limit is None else limit
    lines = pl.concat([CELL_TYPES.to_frame(), *comparison.list_lines(shown)])
    print_line(describe_pair(comparison))
    header = ("table", "added", "removed", "changed", "moved", "changed columns")
    rows = [
        (each.table, each.added, each.removed, each.changed, each.moved, list_columns(each))
        for each in comparison.counts
    ]
    for text in align_columns(header, rows):
        print_line(text)
    if not any(any(each[1:4]) or each.moved for each in comparison.counts):
        print_line("No row differs.")
    for counts in comparison.counts:
        of_table = lines.filter(table=counts.table)
        more = list_more(counts, of_table)
        if shown and counts.table not in unlisted and (of_table.height or more):
            print_line("")
            print_line(counts.table)
            for text in _render_lines(of_table):
                print_line(f"  {text}")
            if more:
                print_line(f"  and {more} more: --limit N shows N of each")


def describe_pair(comparison: Comparison) -> str:
    """What is compared with what."""
    names = name_snapshots(comparison)
    old = "nothing" if names["old"] is None else f"snapshot {names['old']}"
    new = "what is staged" if names["new"] == "staged" else str(names["new"])
    return f"from {old} to {new}"


def write_to_stdout(comparison: Comparison, form: LineFormat, limit: int | None) -> None:
    """The lines for a program. A terminal gets nothing that it would obey."""
    write_lines(comparison, form, cast(IO[bytes], _StandardOutput()), limit)


class _StandardOutput:
    """Standard output as a file of bytes."""

    def write(self, content: bytes) -> None:
        text = content.decode()
        if sys.stdout.isatty():
            text = "\n".join(map(escape_text, text.split("\n")))
        sys.stdout.write(text)


def _render_lines(lines: pl.DataFrame) -> Iterator[str]:
    for change in _SIGNS:
        for line in lines.filter(change=change).iter_rows(named=True):
            yield _render_line(line)


def _render_line(line: dict[str, Any]) -> str:
    text = f"{_SIGNS[line['change']]} {line['key']}"
    if line["column"] is None:
        return text
    old, new = map(_render_value, cut_texts(line["old"], line["new"], MOST_CHARACTERS))
    return f"{text}  {line['column']}: {old} -> {new}"


def _render_value(value: str | None) -> str:
    return "null" if value is None else value or '""'
