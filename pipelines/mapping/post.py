"""A post as a mapping looks at it: its values by what they may be used for."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipelines.mapping.post_mapping import PostMapping
from schemas.language.shape import Value


class Found(NamedTuple):
    """A value, and the keys that lead to it, as they are written. It has none if it is no key's.

    `is_part` if it was cut out of what the key holds. Then the key itself is not used up.
    """

    value: Value
    path: tuple[str, ...] = ()
    is_part: bool = False

    @property
    def field_path(self) -> str:
        """The place in the form that findings show."""
        return ".".join(self.path)


class Post:
    """The front matter of one file. `taken` are the paths of what has been used so far."""

    def __init__(self, front_matter: Mapping[str, Value], mapping: PostMapping) -> None:
        self.front_matter = front_matter
        self.taken: set[tuple[str, ...]] = set()
        self._found: dict[str, list[tuple[int, Found]]] = {}
        for key, value in front_matter.items():
            if value is not None:
                for name, rank, inner in mapping.uses.get(key.casefold(), ()):
                    found = _descend(value, (key,), inner) if inner else Found(value, (key,))
                    if found is not None:
                        self._found.setdefault(name, []).append((rank, found))

    def find_all(self, use: str) -> list[Found]:
        """The values that may be used for `use`, in order of their ranks. None of them is null."""
        found = self._found.get(use)
        if found is None:
            return []
        if len(found) == 1:
            return [found[0][1]]
        return [each for _, each in sorted(found, key=_find_rank)]

    def find_text(self, use: str) -> Found | None:
        """The first value for `use` that is text and not blank."""
        for found in self.find_all(use):
            if isinstance(found.value, str) and found.value.strip():
                return found
        return None

    def take(self, found: Found) -> None:
        """Note that the value is used, so `list_rest` leaves it out."""
        self.taken.add(found.path)

    def list_rest(self) -> dict[str, Value]:
        """What was not used. Of a mapping, what is left in it."""
        nested = [path for path in self.taken if len(path) > 1]
        left = {key: each for key, each in self.front_matter.items() if (key,) not in self.taken}
        for key in {path[0] for path in nested} & left.keys():
            inner = _cut(left.pop(key), [path[1:] for path in nested if path[0] == key])
            if inner:
                left[key] = inner
        return left


def find_text(mapping: Mapping[str, Value], keys: Iterable[str]) -> Found | None:
    """The first value at `keys`, in any capitals, that is text and not blank."""
    names = {name.casefold(): name for name in mapping}
    for key in keys:
        name = names.get(key.casefold())
        value = mapping[name] if name is not None else None
        if name is not None and isinstance(value, str) and value.strip():
            return Found(value, (name,))
    return None


def _find_rank(found: tuple[int, Found]) -> int:
    return found[0]


def _descend(value: Value, path: tuple[str, ...], inner: tuple[str, ...]) -> Found | None:
    for step in inner:
        if not isinstance(value, dict):
            return None
        name = next((each for each in value if each.casefold() == step), None)
        if name is None:
            return None
        value, path = value[name], (*path, name)
    return None if value is None else Found(value, path)


def _cut(value: Value, used: list[tuple[str, ...]]) -> Value:
    """`value` without what is used below it; None if nothing is left."""
    if not isinstance(value, dict):
        return value
    left: dict[str, Value] = {}
    for key, inner in value.items():
        below = [path[1:] for path in used if path[0] == key]
        if () in below:
            continue
        cut = _cut(inner, below) if below else inner
        if cut is not None or not below:
            left[key] = cut
    return left or None
