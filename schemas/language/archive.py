"""Archives: what the posts of a kind of archive call things.

Light on purpose: workers get an `Archive` as an argument, and they do without Polars.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from schemas.language.shape import TEXT, Shape, place_key

if TYPE_CHECKING:
    from schemas.language.table import Table


MAPPED: Final = "_web_"
"""With it begin the keys of columns that only a mapping fills. No post writes such a key."""


class CaselessKeys(frozenset[str]):
    """Keys in small letters. Those of a post are compared with them without regard to capitals."""

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and super().__contains__(key.casefold())


def fold_keys(keys: Iterable[str]) -> CaselessKeys:
    """`keys`, of which capitals do not matter any more."""
    return CaselessKeys(key.casefold() for key in keys)


@dataclass(frozen=True)
class Archive:
    """The keys of an archive. No other code knows any of them.

    `shape` is every key with a column. `date_key` dates a post. `repeated_key` holds a list whose
    items stand in many posts, letter for letter. The value of a secret key stays in `documents` and
    is shown nowhere else. `other_names` are keys of other archives, each with the key that is
    called so here.
    """

    shape: Mapping[str, Shape]
    date_key: str
    repeated_key: str
    secret_keys: frozenset[str]
    other_names: Mapping[str, str]


def describe_archive(
    tables: Iterable["Table"], repeated_key: str, secret_keys: tuple[str, ...]
) -> Archive:
    """The keys from which the columns of `tables` are read, and those of `documents`.

    Raises:
        ValueError: Two columns want different things of one key, or no column dates a post.
    """
    tables = list(tables)
    date_keys = [table.keys[table.dated_by] for table in tables if table.dated_by]
    if len(date_keys) != 1:
        raise ValueError(f"{len(date_keys)} tables say dated_by: expected exactly one")
    return Archive(
        _derive_shape(tables, secret_keys),
        date_keys[0],
        repeated_key,
        frozenset(secret_keys),
        {
            name: column.key
            for table in tables
            for column in table.columns.values()
            if column.key
            for name in column.also_called
        },
    )


def _derive_shape(tables: list["Table"], secret_keys: tuple[str, ...]) -> dict[str, Shape]:
    shape: dict[str, Shape] = {}
    places = [(place, table) for table in tables for place in table.lists or ("",)]
    # What a post says itself comes first, then what its lists say, the outer ones before the inner.
    for place, table in sorted(places, key=lambda each: each[0].count(".") + bool(each[0])):
        if place and not table.keys:
            place_key(shape, place, [TEXT])
        for column in table.columns.values():
            if column.key:
                path = f"{place}[].{column.key}" if place else column.key
                place_key(shape, path, [TEXT] if column.kind == "list" else TEXT)
    for key in secret_keys:
        place_key(shape, key, TEXT)
    return shape
