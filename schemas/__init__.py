"""What the tables are: their columns, types, descriptions, rules, key and grain."""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from schemas.language.table import Table

TABLE_NAMES: Final = ("documents", "articles", "images", "related_links", "findings", "files")
"""Every table, parents before children."""


def load_table(name: str) -> "Table":
    """The table called `name`; imports pandera only now, since readers need no rules."""
    table: Table = getattr(import_module(f"schemas.{name}"), name.upper())
    return table
