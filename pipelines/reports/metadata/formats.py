"""The formats, by their names."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from pipelines.reports.dictionary import DescribedTable
from pipelines.reports.metadata.croissant import render_croissant
from pipelines.reports.metadata.datapackage import render_datapackage
from pipelines.reports.metadata.dbt import render_dbt
from pipelines.reports.metadata.odcs import render_odcs
from pipelines.reports.metadata.origin import Origin, find_origin
from pipelines.reports.text import escape_json
from pipelines.warehouse.snapshot import Snapshot

Render: TypeAlias = Callable[[Sequence[DescribedTable], Origin], str]
STANDARD: Final[Mapping[str, Render]] = {
    "datapackage": render_datapackage,
    "dbt": render_dbt,
    "odcs": render_odcs,
    "croissant": render_croissant,
}
"""Formats that other tools read. They describe a snapshot."""


def render_standard(
    name: str, tables: Sequence[DescribedTable], snapshot: Snapshot, output: Path | None
) -> str:
    """The tables of `snapshot` in a format, for the file `output`."""
    return STANDARD[name](tables, find_origin(snapshot, output))


def render_json(tables: Sequence[DescribedTable]) -> str:
    """The tables as JSON of our own."""
    text = json.dumps([table.as_json() for table in tables], indent=1, ensure_ascii=False)
    return f"{escape_json(text)}\n"
