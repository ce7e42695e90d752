"""How pydantic is to check a table of matterhouse.toml."""

from typing import Final

from pydantic import ConfigDict

STRICT: Final = ConfigDict(extra="forbid", strict=True, frozen=True)
"""A key that the table does not know is a mistake.

Not a class to inherit from: the linter would not know its children from other modules as models.
"""
