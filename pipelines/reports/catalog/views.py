"""The derived views: what a row is, and what every column holds."""

from collections.abc import Collection
from typing import Any

from pipelines.reports.catalog.asking import Ask


def describe_views(ask: Ask, tables: Collection[str]) -> list[dict[str, Any]]:
    """Every view that is no table, in order of its name. Nothing of it is counted."""
    described: dict[str, dict[str, Any]] = {}
    for row in ask(
        "SELECT view_name, view.comment AS grain, column_name, data_type, held.comment AS meaning "
        "FROM duckdb_views() AS view JOIN duckdb_columns() AS held "
        "ON held.database_name = view.database_name AND held.schema_name = view.schema_name "
        "AND held.table_name = view.view_name "
        "WHERE NOT view.internal AND view.schema_name = 'main' ORDER BY view_name, column_index"
    ):
        if row["view_name"] in tables:
            continue
        view = described.setdefault(
            row["view_name"], {"view": row["view_name"], "grain": row["grain"], "columns": []}
        )
        view["columns"].append(
            {
                "column": row["column_name"],
                "type": name_type(row["data_type"]),
                "meaning": row["meaning"] or "",
            }
        )
    return list(described.values())


def name_type(data_type: str) -> str:
    """A type of DuckDB in plain words."""
    if data_type.endswith("[]"):
        return f"list of {name_type(data_type.removesuffix('[]'))}"
    return _WORDS.get(data_type, "numbers by name" if data_type.startswith("MAP") else "text")


_WORDS = {
    **dict.fromkeys(("BIGINT", "UBIGINT", "INTEGER", "UINTEGER", "SMALLINT", "HUGEINT"), "integer"),
    "BOOLEAN": "true or false",
    "DATE": "day",
    "DOUBLE": "number",
    "TIMESTAMP": "moment in UTC",
    "TIMESTAMP WITH TIME ZONE": "moment",
}
