"""The data dictionary as Markdown: a section with a table for each table."""

from collections.abc import Iterator, Sequence

from pipelines.reports.dictionary import DescribedColumn, DescribedTable
from pipelines.reports.joins import list_joins
from pipelines.reports.run_report import escape_markdown
from pipelines.reports.text import count_noun


def render_markdown(tables: Sequence[DescribedTable]) -> str:
    """The text of a Markdown file."""
    return "\n".join(line for table in tables for line in _render_table(table))


def _render_table(table: DescribedTable) -> Iterator[str]:
    yield f"## {table.name}"
    yield ""
    rows = "" if table.rows is None else f" {count_noun(table.rows, 'row')}."
    yield f"{escape_markdown(table.grain)}{rows}"
    yield ""
    if table.key:
        yield f"- Key: {', '.join(f'`{name}`' for name in table.key)}."
    yield from (f"- {escape_markdown(sentence)}" for sentence in list_joins(table))
    yield ""
    if not table.columns:
        return
    yield "| column | type | may be null | meaning | from | rules |"
    yield "|---|---|---|---|---|---|"
    yield from map(_render_column, table.columns)
    yield ""


def _render_column(column: DescribedColumn) -> str:
    values = f" Values: {', '.join(column.limits.one_of)}." if column.limits.one_of else ""
    texts = (
        f"{column.meaning}{values}",
        column.keys or "",
        ", ".join(column.rules),
    )
    null = {True: "yes", False: "no", None: ""}[column.is_nullable]
    cells = (f"`{column.name}`", column.type, null, *map(escape_markdown, texts))
    return f"| {' | '.join(cells)} |"
