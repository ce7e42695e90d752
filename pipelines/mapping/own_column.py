"""Own columns: what an archive adds to articles."""

from typing import Literal, NamedTuple

from schemas.language.archive import MAPPED

OwnType = Literal["text", "url", "integer", "number", "boolean", "timestamp", "list"]


class OwnColumn(NamedTuple):
    """A column of articles that one archive has.

    `minimum` and `maximum` are for numbers, `pattern` and `one_of` for texts and for the items of
    lists. The sources of its values are those of the mapping.
    """

    name: str
    type: OwnType
    description: str
    is_required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    one_of: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its key of the tables."""
        return f"{MAPPED}{self.name}"
