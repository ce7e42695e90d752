"""The derived views: what a row is, and what every column holds."""

from collections.abc import Collection
from typing import Any, Final

from pipelines.reports.catalog.asking import Ask
from pipelines.reports.type_names import SQL_TYPES

_NAMES: Final = {sql: name for name, sql in SQL_TYPES.items()}
_DESCRIBED: Final = """
SELECT view_name, made.comment AS grain, column_name, data_type, held.comment AS meaning
FROM duckdb_views() AS made
JOIN duckdb_columns() AS held
    ON held.database_name = made.database_name
    AND held.schema_name = made.schema_name
    AND held.table_name = made.view_name
WHERE NOT made.internal AND made.schema_name = 'main'
ORDER BY view_name, column_index
"""


def describe_views(ask: Ask, tables: Collection[str]) -> list[dict[str, Any]]:
    """Every view that is no table, in order of its name. Nothing of it is counted."""
    described: dict[str, dict[str, Any]] = {}
    for row in ask(_DESCRIBED):
        name = row["view_name"]
        if name in tables:
            continue
        view = described.setdefault(name, {"view": name, "grain": row["grain"], "columns": []})
        view["columns"].append(
            {
                "column": row["column_name"],
                "type": _NAMES.get(row["data_type"], row["data_type"].lower()),
                "meaning": row["meaning"] or "",
            }
        )
    return list(described.values())
