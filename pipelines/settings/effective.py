"""The settings in effect, and where each comes from."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from pydantic import BaseModel

from pipelines.documents.toml_front import locate_in_toml
from pipelines.settings.checking import find_model
from pipelines.settings.model import Settings
from pipelines.settings.operating import OPERATING
from pipelines.settings.reading import read_settings

Keys: TypeAlias = tuple[str, ...]
"""The keys that lead to a setting."""


class Effective(NamedTuple):
    """A setting, its value, and where that comes from.

    `origin` is None for a default. The value None says that nothing is set.
    """

    path: Keys
    value: Any
    origin: str | None

    @property
    def name(self) -> str:
        """How messages call it."""
        return ".".join(self.path)


class Given(NamedTuple):
    """A value that comes before that of the file, and the option or the variable that says it."""

    value: Any
    origin: str


def list_effective(
    file: Path | None,
    given: Mapping[Keys, Given],
    usual: Mapping[str, Any],
    *,
    is_operating_only: bool = False,
) -> list[Effective]:
    """All settings, those of the file first, in its order.

    `file` is that of the settings, `given` says what comes before it, and `usual` are the values of
    keys for which the file has no default. With `is_operating_only`, the file does not count for
    what is in the tables.

    Raises:
        SettingsError: The file cannot be read, or makes no sense.
    """
    said = [] if file is None else list(_read_file(file))
    if is_operating_only:
        said = [each for each in said if each.path[0] in OPERATING]
    said = [each for each in said if each.path not in given]
    said += [Effective(path, *each) for path, each in given.items()]
    paths = {each.path for each in said}
    defaults = _list_defaults(Settings, usual, ())
    return said + [each for each in defaults if not _is_said(each.path, paths)]


def _is_said(path: Keys, paths: set[Keys]) -> bool:
    """Whether something is said at `path`, or below it."""
    return any(each[: len(path)] == path for each in paths)


def _read_file(file: Path) -> Iterator[Effective]:
    read_settings(file)
    text = file.read_bytes().decode("utf-8-sig")
    leaves = dict(_list_leaves(tomllib.loads(text), ()))
    places = locate_in_toml(text, leaves)
    for path in sorted(leaves, key=lambda each: places[each]):
        yield Effective(path, leaves[path], f"{file}:{places[path].line}")


def _list_leaves(values: Mapping[str, Any], path: Keys) -> Iterator[tuple[Keys, Any]]:
    """The values that stand in tables, with their keys."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _list_leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _list_defaults(
    model: type[BaseModel], usual: Mapping[str, Any], path: Keys
) -> Iterator[Effective]:
    """The default of every key. Those of tables whose names one chooses are not listed."""
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        inner = type(default) if isinstance(default, BaseModel) else find_model(field.annotation)
        if inner and (default or usual.keys() & inner.model_fields.keys()):
            yield from _list_defaults(inner, usual, (*path, name))
        else:
            yield Effective((*path, name), usual.get(name) if default is None else default, None)
