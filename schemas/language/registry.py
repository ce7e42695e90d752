"""The tables: every file in schemas/ is one."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final, get_args

from schemas.language.references import Reference
from schemas.language.table import Origin, Table

_FOLDER: Final = Path(__file__).parents[1]


@cache
def load_tables() -> Mapping[str, Table]:
    """Every table by its name, parents before children.

    Raises:
        ValueError: A file in schemas/ holds no table of its name.
    """
    tables = map(load_table, list_names())
    origins = get_args(Origin)
    ordered = sorted(tables, key=lambda table: (origins.index(table.made_from), table.name))
    return {table.name: table for table in ordered}


def list_derived() -> list[str]:
    """The names of the tables that are made from documents, parents first."""
    tables = load_tables().values()
    return [table.name for table in tables if table.made_from in ("documents", "articles")]


def list_names() -> list[str]:
    """The names of all tables, in order of the alphabet; loads none of them."""
    return sorted(path.stem for path in _FOLDER.glob("*.py") if path.stem != "__init__")


def load_table(name: str) -> Table:
    """The table called `name`.

    Raises:
        ValueError: Its file holds no table of its name.
    """
    table = getattr(import_module(f"schemas.{name}"), name.upper(), None)
    if not isinstance(table, Table) or table.name != name:
        raise ValueError(f'schemas/{name}.py: expected {name.upper()} = Table(name="{name}", ...)')
    return table


def finds_one(reference: Reference) -> bool:
    """Whether a row finds at most one row of the target, so that a join multiplies no rows."""
    return set(load_table(reference.target).key) <= set(reference.target_columns)
