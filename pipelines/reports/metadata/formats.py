"""The dictionary as a file, in the formats that there are."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from pipelines.reports.dictionary import DescribedTable
from pipelines.reports.metadata.croissant import render_croissant
from pipelines.reports.metadata.datapackage import render_datapackage
from pipelines.reports.metadata.dbt import render_dbt
from pipelines.reports.metadata.json_text import render_json
from pipelines.reports.metadata.odcs import render_odcs
from pipelines.reports.metadata.origin import Origin, find_origin
from pipelines.reports.view_dictionary import as_seen, as_stored
from pipelines.warehouse.snapshot import Snapshot

Render: TypeAlias = Callable[[Sequence[DescribedTable], Origin], str]
OF_FILES: Final[Mapping[str, Render]] = {
    "datapackage": render_datapackage,
    "croissant": render_croissant,
}
"""Formats that describe the Parquet files of a snapshot."""
OF_VIEWS: Final[Mapping[str, Render]] = {"dbt": render_dbt, "odcs": render_odcs}
"""Formats that describe the views of its DuckDB file."""


def render_standard(
    name: str, described: Sequence[DescribedTable], snapshot: Snapshot, output: Path | None
) -> str:
    """Tables of `snapshot`, and its views, in a format of other tools, for the file `output`."""
    origin = find_origin(snapshot, output)
    if name in OF_FILES:
        # A snapshot of an earlier version may lack a table.
        return OF_FILES[name]([as_stored(each) for each in described if each.files], origin)
    return OF_VIEWS[name]([as_seen(each) for each in described], origin)


def render_own_json(described: Sequence[DescribedTable]) -> str:
    """Tables and views as JSON of our own."""
    return render_json([each.as_json() for each in described])
