"""sources.yml: the views of warehouse.duckdb as sources of dbt, with tests."""

import re
from collections.abc import Sequence
from typing import Any, Final

from pipelines.reports.dictionary import DescribedColumn, DescribedTable
from pipelines.reports.metadata.origin import NAME, TITLE, Origin
from pipelines.reports.metadata.yaml_text import render_yaml
from pipelines.reports.type_names import render_sql_type
from schemas.language.references import Reference

_DATABASE: Final = "warehouse"
"""The name that DuckDB gives to an attached file warehouse.duckdb."""
_HEAD: Final = """\
# Made by `matterhouse schema --format dbt` from snapshot {snapshot}. Put it into the models of a
# project with dbt 1.10.5 or newer, and dbt-duckdb. Its profile attaches the warehouse:
#
#   type: duckdb
#   path: mine.duckdb
#   attach:
#     - path: /path/to/warehouse/warehouse.duckdb
#       read_only: true
#
# `dbt test --select "source:{name}"` then checks the tables.
"""


def render_dbt(tables: Sequence[DescribedTable], origin: Origin) -> str:
    """The text of a sources.yml."""
    source = {
        "name": NAME,
        "description": f"{TITLE}.",
        "database": _DATABASE,
        "schema": "main",
        "tables": [_describe_table(table, {each.name for each in tables}) for table in tables],
    }
    head = _HEAD.format(snapshot=origin.snapshot, name=NAME)
    return head + render_yaml({"version": 2, "sources": [source]})


def _describe_table(table: DescribedTable, names: set[str]) -> dict[str, Any]:
    described: dict[str, Any] = {"name": table.name, "description": _escape(table.grain)}
    if len(table.key) > 1:
        # A struct of values is one value to DuckDB, and never null.
        key = f"row({', '.join(table.key)})"
        described["data_tests"] = [{"unique": {"arguments": {"column_name": key}}}]
    described["columns"] = [_describe_column(table, column, names) for column in table.columns]
    return described


def _describe_column(
    table: DescribedTable, column: DescribedColumn, names: set[str]
) -> dict[str, Any]:
    tests: list[Any] = []
    if table.key == (column.name,):
        tests.append("unique")
    if column.is_nullable is False:
        tests.append("not_null")
    if column.limits.one_of and column.type == "text":
        values = [_escape(value.replace("'", "''")) for value in column.limits.one_of]
        tests.append({"accepted_values": {"arguments": {"values": values}}})
    tests += [
        _describe_relationship(reference)
        for reference in table.references
        if reference.columns == (column.name,)
        and reference.is_complete
        and reference.target in names
    ]
    return {
        "name": column.name,
        "description": _escape(column.meaning),
        "data_type": render_sql_type(column.type),
        **({"data_tests": tests} if tests else {}),
    }


def _describe_relationship(reference: Reference) -> dict[str, Any]:
    target = f"source('{NAME}', '{reference.target}')"
    return {"relationships": {"arguments": {"to": target, "field": reference.target_columns[0]}}}


def _escape(text: str) -> str:
    """`text` without anything that Jinja would run."""
    return re.sub(r"\{(?=[{%#])", "{{ '{' }}", text)
