"""A post as a mapping looks at it: its values by what they may be used for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Final, NamedTuple

from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.source import Source
from pipelines.mapping.titles import cut_excerpt, find_heading, render_title, split_name
from schemas.language.shape import Value


class Found(NamedTuple):
    """A value, and the keys that lead to it, as they are written. It has none if it is no key's.

    `source` is None if the value is as it was written.
    """

    value: Value
    path: tuple[str, ...] = ()
    source: Source | None = None

    @property
    def field_path(self) -> str:
        """The place in the form that findings show."""
        return ".".join(self.path)


class Post:
    """The front matter of one file. `taken` are the paths of what has been used so far."""

    def __init__(
        self,
        front_matter: Mapping[str, Value],
        mapping: PostMapping,
        source_path: str,
        body: str | None = None,
    ) -> None:
        self.front_matter = front_matter
        self.taken: set[tuple[str, ...]] = set()
        self._source_path = source_path
        self._body = body
        self._places = mapping.places
        self._found: dict[str, list[tuple[int, Found]]] = {}
        uses = mapping.uses
        for key, value in front_matter.items():
            if value is not None:
                for name, rank, inner, source in uses.get(key.casefold(), ()):
                    found = _descend(value, (key,), inner) if inner else Found(value, (key,))
                    if found is not None and source is not None:
                        found = _reshape(found, source)
                    if found is not None:
                        self._found.setdefault(name, []).append((rank, found))

    def find_all(self, use: str) -> Iterator[Found]:
        """The values that may be used for `use`, in order of their ranks. None of them is null."""
        found = self._found.get(use, ())
        places = self._places.get(use, ())
        if not places and len(found) < 2:
            for _, each in found:
                yield each
            return
        ranked: list[tuple[int, Found | Source]] = [*found, *places]
        for _, one in sorted(ranked, key=itemgetter(0)):
            # A place is looked at only if nothing before it is good enough.
            each_or_none = one if isinstance(one, Found) else self._look(one)
            if each_or_none is not None:
                yield each_or_none

    def find_text(self, use: str) -> Found | None:
        """The first value for `use` that is text and not blank."""
        for found in self.find_all(use):
            if isinstance(found.value, str) and found.value.strip():
                return found
        return None

    def take(self, found: Found) -> None:
        """Note that the value is used, so `list_rest` leaves it out, unless only a part is."""
        if found.path and (found.source is None or found.source.is_whole):
            self.taken.add(found.path)

    def list_rest(self) -> dict[str, Value]:
        """What was not used. Of a mapping, what is left in it."""
        nested = [path for path in self.taken if len(path) > 1]
        left = {key: each for key, each in self.front_matter.items() if (key,) not in self.taken}
        # In the order of the file: the same posts give the same bytes.
        for key in [key for key in left if any(path[0] == key for path in nested)]:
            inner = _cut(left.pop(key), [path[1:] for path in nested if path[0] == key])
            if inner:
                left[key] = inner
        return left

    def _look(self, source: Source) -> Found | None:
        """What is at a place; None if there is nothing."""
        value = self._read_place(source.key) if source.key else source.constant
        return _reshape(Found(value), source) if value else None

    def _read_place(self, name: str) -> str | None:
        if name == "@path":
            return self._source_path
        if name == "@folder":
            return self._source_path.rpartition("/")[0].rpartition("/")[2]
        if name in _READ_BODY:
            return _READ_BODY[name](self._body) if self._body else None
        slug, suffix = split_name(self._source_path)
        if name == "@suffix":
            return suffix
        return render_title(slug) if name == "@name" else slug


_READ_BODY: Final[Mapping[str, Callable[[str], str | None]]] = {
    "@heading": find_heading,
    "@body": str,
    "@excerpt": cut_excerpt,
}


def find_text(mapping: Mapping[str, Value], keys: Iterable[str]) -> Found | None:
    """The first value at `keys`, in any capitals, that is text and not blank."""
    names = {name.casefold(): name for name in mapping}
    for key in keys:
        name = names.get(key.casefold())
        value = mapping[name] if name is not None else None
        if name is not None and isinstance(value, str) and value.strip():
            return Found(value, (name,))
    return None


def _reshape(found: Found, source: Source) -> Found | None:
    value = source.reshape(found.value)
    return None if value is None else Found(value, found.path, source)


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
