"""What `matterhouse profile` prints: warnings, then the columns of each table."""

import shutil
import sys
import textwrap
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from pipelines.cli.columns import align_columns
from pipelines.cli.console import print_error, print_line
from pipelines.reports.commands import shorten_path
from pipelines.reports.profile.checks import GROUPS
from pipelines.reports.profile.figures import EVERYTHING, Choice
from pipelines.reports.profile.profile import Profile
from pipelines.reports.profile.words import describe_values, name_line, name_place, show_share
from pipelines.reports.text import count_noun, escape_text

_MOST_CHARACTERS: Final = 120
"""Longer lines are hard to read, however wide the terminal is."""
_LEAST_CHARACTERS: Final = 16
"""Of a value, even if the line becomes too long for the terminal."""
_HEADER: Final = ("column", "null", "blank", "different", "range; most frequent")


def print_profile(profile: Profile, choice: Choice) -> None:
    """All that was found, for a terminal."""
    for line in (*_list_warnings(profile.warnings), *_list_columns(profile.columns)):
        print_line(line)
    if not profile.warnings and not profile.columns:
        what = "nothing to warn of" if choice == EVERYTHING else "nothing of that is there"
        print_error(what)


def _list_warnings(warnings: list[dict[str, Any]]) -> Iterator[str]:
    for group, heading in GROUPS.items():
        found = [warning for warning in warnings if warning["group"] == group]
        if found:
            yield heading
            yield ""
        for warning in found:
            yield from _wrap(f"{warning['title']}: {name_place(warning)} [{warning['check']}]", 2)
            yield from _wrap(f"{warning['message']}.", 4)
            for example in warning["examples"]:
                # Not wrapped: terminals let people click it.
                yield f"    {name_line(example, shorten_path(example['file']))}"
            yield ""


def _list_columns(columns: list[dict[str, Any]]) -> Iterator[str]:
    for table, rows in groupby(columns, lambda row: str(row["table_name"])):
        listed = list(rows)
        yield f"{table}: {count_noun(max(row['n'] for row in listed), 'row')}"
        lines = align_columns(_HEADER, list(map(_list_cells, listed)))
        yield from (_cut(f"  {line}", _width()) for line in lines)
        yield ""


def _list_cells(row: dict[str, Any]) -> tuple[str, ...]:
    n = row["n"]
    distinct = "" if row["distinct_count"] is None else f"{row['distinct_count']:,}"
    shares = (show_share(row["null_count"], n), show_share(row["blank_count"], n))
    return (row["column_name"], *shares, distinct, describe_values(row))


def _wrap(text: str, indent: int) -> Iterator[str]:
    yield from textwrap.wrap(
        escape_text(text),
        _width(),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_on_hyphens=False,
        break_long_words=False,
    )


def _cut(text: str, most: int) -> str:
    most = max(most, _LEAST_CHARACTERS)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _width() -> int:
    wide = shutil.get_terminal_size().columns if sys.stdout.isatty() else _MOST_CHARACTERS
    return min(wide, _MOST_CHARACTERS)
