"""A post as a mapping looks at it: its values by what they may be used for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from pipelines.mapping.post_mapping import Candidate, PostMapping
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
        return self.path[0] if len(self.path) == 1 else ".".join(self.path)


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
        self.candidates = mapping.list_candidates(tuple(front_matter))
        self._source_path = source_path
        self._body = body

    def find_all(self, use: str) -> Iterator[Found]:
        """The values that may be used for `use`, best first. None of them is null.

        A value is looked at only if nothing before it is good enough.
        """
        for candidate in self.candidates.get(use, ()):
            found = self._look(candidate)
            if found is not None:
                yield found

    def find_text(self, use: str) -> Found | None:
        """The first value for `use` that is text and not blank."""
        for candidate in self.candidates.get(use, ()):
            found = self._look(candidate)
            if found is not None and isinstance(found.value, str) and found.value.strip():
                return found
        return None

    def take(self, found: Found) -> None:
        """Note that the value is used, so `list_rest` leaves it out, unless only a part is."""
        if found.path and (found.source is None or found.source.is_whole):
            self.taken.add(found.path)

    def keep(self, keys: Iterable[str]) -> None:
        """Note that others read `keys`, too, so `list_rest` has them though they are used."""
        self.taken.difference_update(tuple(key.split(".")) for key in keys)

    def list_rest(self) -> dict[str, Value]:
        """What was not used. Of a mapping, what is left in it; these come last."""
        roots = {path[0] for path in self.taken if len(path) == 1}
        nested = [path for path in self.taken if len(path) > 1]
        left = {key: each for key, each in self.front_matter.items() if key not in roots}
        if not nested:
            return left
        # In the order of the file: the same posts give the same bytes.
        for key in [key for key in left if any(path[0] == key for path in nested)]:
            inner = _cut(left.pop(key), [path[1:] for path in nested if path[0] == key])
            if inner:
                left[key] = inner
        return left

    def _look(self, candidate: Candidate) -> Found | None:
        """What is there; None if that is nothing."""
        path, inner, source = candidate
        if not path and source is not None:
            value: Value = self._read_place(source.key) if source.key else source.constant
            return _reshape(Found(value), source) if value else None
        value = self.front_matter[path[0]]
        if value is None:
            return None
        found = _descend(value, path, inner) if inner else Found(value, path)
        return found if found is None or source is None else _reshape(found, source)

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


def find_texts(
    mapping: Mapping[str, Value], wanted: Mapping[str, Iterable[str]]
) -> dict[str, Found]:
    """The same for several lists of keys, by their names."""
    written = {name.casefold(): name for name in mapping}
    found: dict[str, Found] = {}
    for wish, keys in wanted.items():
        for key in keys:
            name = written.get(key.casefold())
            if name is not None:
                value = mapping[name]
                if isinstance(value, str) and value.strip():
                    found[wish] = Found(value, (name,))
                    break
    return found


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
