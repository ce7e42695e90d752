"""Idle settings: what matterhouse.toml names, and the archive does not have.

Most often a name was misspelled. A worker finds what the posts of a batch have.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from pipelines.mapping.source import INVERSE, PLACE
from pipelines.settings.model import (
    REST,
    ImageSource,
    LinkSource,
    MappingSettings,
    Settings,
    SourceSettings,
)
from pipelines.sources.globs import Globs, match_glob
from schemas.language.shape import Value

_SHARED: Final = set(SourceSettings.model_fields)
"""What any source may say. All else are keys of items."""


class Named(NamedTuple):
    """A name that settings use.

    `setting` is where they do, like `articles.title`. `key` is a key, or empty for the glob of a
    folder or an archive. `beside` is the key of an item that has `key` inside of it, or beside it
    if it is a text. Only files that match `glob` count. `is_secret` keys count at any depth.
    """

    setting: str
    key: str
    beside: str | None = None
    glob: str | None = None
    is_secret: bool = False

    def is_had_by(self, source_path: str, front_matter: dict[str, Value]) -> bool:
        """Whether a post has what is named."""
        if self.glob is not None and not match_glob(self.glob, source_path):
            return False
        if self.is_secret:
            return _has_anywhere(front_matter, self.key)
        if self.beside is not None:
            return any(_has(each, self.key) for each in _list_around(front_matter, self.beside))
        return not self.key or _has(front_matter, self.key)


class Idle(NamedTuple):
    """A setting that does nothing, and the name that may be meant."""

    setting: str
    problem: str
    meant: str | None = None


def list_named(settings: Settings) -> tuple[Named, ...]:
    """All keys and folders that `settings` name."""
    named = [*_list_keys(settings, "", None)]
    named += [Named("secrets", key, is_secret=True) for key in settings.secrets]
    for folder in settings.folders:
        setting = f"folders {folder.path}"
        named += [Named(setting, "", glob=folder.path), *_list_keys(folder, setting, folder.path)]
    for name, archive in settings.archives.items():
        setting, glob = f"archives.{name}", f"/{name}/"
        named += [Named(setting, "", glob=glob), *_list_keys(archive, setting, glob)]
    return tuple(dict.fromkeys(named))


def count_had(
    named: Iterable[Named], source_path: str, front_matter: dict[str, Value]
) -> Iterator[Named]:
    """Those of `named` that a post has."""
    return (each for each in named if each.is_had_by(source_path, front_matter))


def list_idle(
    settings: Settings,
    had: Counter[Named],
    known_keys: Collection[str],
    listed: Sequence[str],
    chosen: Globs,
) -> Iterator[Idle]:
    """The settings that do nothing.

    `had` counts the posts that have what is named, `known_keys` are the keys of all posts, and
    `listed` the paths of all files. Globs count only if they are those that were `chosen`.
    """
    if chosen == Globs(tuple(settings.include), tuple(settings.exclude)):
        yield from _list_idle_globs(settings, listed)
    unseen = [each for each in list_named(settings) if not had[each]]
    # Of a folder without posts, one line says all.
    empty = {each.glob for each in unseen if not each.key}
    for named in unseen:
        if not named.key:
            yield Idle(named.setting, "no post matches")
        elif named.glob not in empty:
            problem = f"no post has the key {named.key}"
            yield Idle(named.setting, problem, _suggest(named, known_keys))


def _list_idle_globs(settings: Settings, listed: Sequence[str]) -> Iterator[Idle]:
    for setting, globs in (("include", settings.include), ("exclude", settings.exclude)):
        for glob in globs:
            if not any(match_glob(glob, path) for path in listed):
                yield Idle(setting, f"no file matches {glob}")


def _list_keys(settings: MappingSettings, setting: str, glob: str | None) -> Iterator[Named]:
    """The keys that settings of an archive or of a folder name."""
    for name, sources in _list_sources(settings):
        where = f"{setting} {name}".lstrip()
        for source in sources:
            key = (source.key or "").removeprefix(INVERSE)
            if key and key != REST and not key.startswith(PLACE):
                yield Named(where, key, glob=glob)
            if key and isinstance(source, ImageSource | LinkSource):
                fields = source.model_dump(include=source.model_fields_set - _SHARED)
                yield from (Named(where, said, key, glob) for said in fields.values() if said)


def _list_sources(settings: MappingSettings) -> Iterator[tuple[str, Sequence[SourceSettings]]]:
    for name in ("images", "related_links"):
        yield name, getattr(settings, name) or ()
    columns: Iterable[tuple[str, Any]] = settings.articles or ()
    for name, said in columns:
        if name == "columns":
            yield from ((f"articles.columns.{column}", each.key) for column, each in said.items())
        else:
            yield f"articles.{name}", said or ()


def _has(value: Value, key: str) -> bool:
    """Whether there is something at `key`, which may lead into mappings, in any capitals."""
    for step in key.casefold().split("."):
        if not isinstance(value, dict):
            return False
        name = next((each for each in value if each.casefold() == step), None)
        if name is None:
            return False
        value = value[name]
    return True


def _has_anywhere(value: Value, key: str) -> bool:
    if isinstance(value, dict):
        return key in value or any(_has_anywhere(each, key) for each in value.values())
    return isinstance(value, list) and any(_has_anywhere(each, key) for each in value)


def _list_around(front_matter: dict[str, Value], key: str) -> Iterator[Value]:
    """The items at `key`, and the mapping that it stands in."""
    value: Value = front_matter
    for step in key.casefold().split("."):
        if not isinstance(value, dict):
            return
        yield value
        value = next((each for name, each in value.items() if name.casefold() == step), None)
    yield from value if isinstance(value, list) else [value]


def _suggest(named: Named, known_keys: Collection[str]) -> str | None:
    near = get_close_matches(named.key, sorted(known_keys), 1, cutoff=0.75)
    return near[0] if near else None
