"""A page that shows a comparison: one file, without scripts, for any browser."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final

import polars as pl

from pipelines.reports.text import count_noun, escape_text
from pipelines.warehouse.difference import TableDifference

_SIGNS: Final = {"changed": "~", "added": "+", "removed": "-"}
_STYLE: Final = """
:root { color-scheme: light dark; --line: light-dark(#ddd, #3a3a3a); --soft: light-dark(#666, #aaa);
  --added: light-dark(#0a6b2c, #6fd68e); --removed: light-dark(#a3201d, #ff9a92); }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1rem;
  background: light-dark(#fff, #161616); color: light-dark(#1a1a1a, #e8e8e8); }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 0.3rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; } th, td { padding: 0.25rem 0.8rem 0.25rem 0; text-align: left; }
td.count, th.count { text-align: right; font-variant-numeric: tabular-nums; }
tr, li { border-bottom: 1px solid var(--line); }
ul { list-style: none; padding: 0; } li { padding: 0.35rem 0; overflow-wrap: anywhere; }
.soft { color: var(--soft); } .added, ins { color: var(--added); }
.removed, del { color: var(--removed); } ins, del { text-decoration: none; white-space: pre-wrap; }
.cell { display: block; padding-left: 1.2rem; }
"""


def render_page(title: str, counts: Iterable[TableDifference], lines: pl.DataFrame) -> str:
    """The page: first how many rows differ, then `lines` table by table."""
    counts = list(counts)
    body = [f"<h1>{_text(title)}</h1>", _render_counts(counts)]
    for each in counts:
        if each.added or each.removed or each.changed:
            body += _render_table(each, lines.filter(table=each.table))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        # Nothing is loaded or run, whatever the posts hold.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _render_counts(counts: list[TableDifference]) -> str:
    names = ("added", "removed", "changed", "moved")
    head = "".join(f'<th class="count">{name}</th>' for name in names)
    rows = [
        f"<tr><td>{_text(each.table)}</td>"
        + "".join(f'<td class="count">{getattr(each, name):,}</td>' for name in names)
        + "</tr>"
        for each in counts
    ]
    return (
        f'<div class="scroll"><table><tr><th>table</th>{head}</tr>\n'
        + "\n".join(rows)
        + "\n</table></div>"
    )


def list_columns(counts: TableDifference) -> str:
    """In which columns rows changed, the most frequent first."""
    return ", ".join(f"{column} {count:,}" for column, count in counts.columns.items())


def _render_table(counts: TableDifference, lines: pl.DataFrame) -> Iterator[str]:
    yield f"<h2>{_text(counts.table)}</h2>"
    if counts.columns:
        yield f'<p class="soft">changed columns: {_text(list_columns(counts))}</p>'
    yield "<ul>"
    for (change, key), rows in lines.group_by("change", "key", maintain_order=True):
        cells = [_render_cell(row) for row in rows.iter_rows(named=True) if row["column"]]
        sign = f'<span class="{change}">{_SIGNS[str(change)]} {_text(key)}</span>'
        yield f"<li>{sign}{''.join(cells)}</li>"
    yield "</ul>"
    if more := list_more(counts, lines):
        yield f'<p class="soft">{_text(more)} are not on this page.</p>'


def list_more(counts: TableDifference, lines: pl.DataFrame) -> str:
    """How many rows of a table `lines` does not show; nothing if it shows all."""
    shown = dict(lines.group_by("change").agg(pl.col("key").n_unique()).iter_rows())
    missing = {kind: getattr(counts, kind) - shown.get(kind, 0) for kind in _SIGNS}
    found = [count_noun(count, f"{kind} row") for kind, count in missing.items() if count > 0]
    return ", ".join(found)


def _render_cell(row: dict[str, Any]) -> str:
    return (
        f'<span class="cell"><span class="soft">{_text(row["column"])}</span> '
        f"{_render_value(row['old'], 'del')} → {_render_value(row['new'], 'ins')}</span>"
    )


def _render_value(value: str | None, tag: str) -> str:
    return '<span class="soft">null</span>' if value is None else f"<{tag}>{_text(value)}</{tag}>"


def _text(text: object) -> str:
    """Text that cannot be markup, and hides and turns no other text."""
    return escape(escape_text(text))
