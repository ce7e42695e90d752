"""Tables in Markdown."""

import re
from collections.abc import Iterable, Sequence

from pipelines.reports.text import escape_text


def render_rows(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table, a row a line."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(map(_render_cell, line))} |\n" for line in lines)


def render_text(text: object) -> str:
    """Text in one line. What Markdown or HTML would read as markup is escaped."""
    return escape_text(re.sub(r"([\\`*_\[\]<>|~&])", r"\\\1", " ".join(str(text).split())))


def _render_cell(value: object) -> str:
    return "" if value is None else render_text(value)
