"""Own columns: what an archive adds to articles."""

from typing import Final, Literal, NamedTuple

from schemas.language.archive import MAPPED

_OWN: Final = f"{MAPPED}own_"
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
        return f"{_OWN}{self.name}"


def name_mapped(key: str) -> str:
    """A key of the tables as people know it: without the mark of keys that only a mapping fills."""
    return key.removeprefix(_OWN).removeprefix(MAPPED)
