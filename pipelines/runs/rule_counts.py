"""Findings of one rule, by the names that people give to rules in matterhouse.toml."""

from collections.abc import Iterator

import polars as pl

from pipelines.mapping.post_mapping import PostMapping
from pipelines.tables.finding_search import without_positions
from schemas.language.archive import MAPPED
from schemas.language.registry import load_tables


def select_findings(findings: pl.DataFrame, name: str, mapping: PostMapping) -> pl.DataFrame:
    """The findings of a rule that is called RULE, COLUMN.RULE or TABLE.COLUMN.RULE."""
    *place, rule = name.split(".")
    found = findings.filter(rule=rule)
    if len(place) > 1:
        found = found.filter(table_name=place[0])
    if not place or found.is_empty():
        return found
    path = "." + without_positions(pl.col("field_path").str.to_lowercase())
    keys = {key.casefold() for key in _list_keys(place[-1], mapping)}
    return found.filter(pl.any_horizontal(path.str.ends_with(f".{key}") for key in keys))


def _list_keys(column: str, mapping: PostMapping) -> Iterator[str]:
    """The keys that a column is read from: in the files, and in the tables."""
    yield column
    for table in load_tables().values():
        if column in table.columns and (key := table.columns[column].key):
            yield key.removeprefix(MAPPED)
    for each in (mapping, *(folder.mapping for folder in mapping.folders)):
        sources = each.sources.get(column, ()) if each else ()
        yield from (source.key for source in sources if not source.is_place)
