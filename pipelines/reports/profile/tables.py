"""Which tables and columns of a snapshot a profile is made of."""

from pipelines.reports.profile.database import Database
from pipelines.reports.profile.view import Columns
from pipelines.settings.stored import read_mapping
from pipelines.tables.own_columns import find_table
from pipelines.warehouse.snapshot import Snapshot
from schemas.language.registry import load_tables


def list_tables(database: Database, snapshot: Snapshot) -> dict[str, Columns]:
    """The columns of each table of `snapshot`, own ones too; only those that its files have."""
    mapping = read_mapping(snapshot.manifest)
    there: dict[str, set[str]] = {}
    for row in database.ask("SELECT table_name, column_name FROM duckdb_columns()"):
        there.setdefault(row["table_name"], set()).add(row["column_name"])
    return {
        name: {
            each: column
            for each, column in find_table(name, mapping).readable_columns.items()
            if each in there[name]
        }
        for name in load_tables()
        if name in snapshot.manifest.tables
    }
