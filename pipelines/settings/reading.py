"""Reading matterhouse.toml: where it lies, and where in it a mistake is."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pipelines.documents.places import Place
from pipelines.documents.toml_front import locate_in_toml
from pipelines.errors import SettingsError
from pipelines.settings.checking import Mistake, MistakenError, check_settings
from pipelines.settings.model import Settings

_TOML_PLACE: Final = re.compile(r"(.*) \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)")


def read_settings(path: Path) -> Settings:
    """The settings in a file.

    Raises:
        SettingsError: It cannot be read, is no TOML, or makes no sense.
    """
    try:
        return _read_text(path, path.read_bytes())
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}, expected settings") from error
    except RecursionError as error:
        raise SettingsError(f"{path}: found too many levels") from error


def _read_text(path: Path, data: bytes) -> Settings:
    try:
        # Some editors put a mark before the text.
        text = data.decode("utf-8-sig")
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: found other text than UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(_explain(path, str(error))) from error
    try:
        return check_settings(values).resolve(path.resolve().parent)
    except MistakenError as error:
        raise SettingsError("\n".join(_describe(path, text, values, error.mistakes))) from error


def _explain(path: Path, message: str) -> str:
    """A mistake in TOML, with its place in front."""
    found = _TOML_PLACE.fullmatch(message)
    if found is None:
        return f"{path}: {message}"
    place = f":{found[2]}:{found[3]}" if found[2] else ""
    return f"{path}{place}: {found[1]}"


def _describe(
    path: Path, text: str, values: Mapping[str, Any], mistakes: list[Mistake]
) -> Iterator[str]:
    """A line for each mistake, in the order of the file."""
    real = [_follow(values, each.path) for each in mistakes]
    places = locate_in_toml(text, real)
    ordered = sorted(zip(mistakes, real, strict=True), key=lambda each: places[each[1]])
    for mistake, where in ordered:
        place: Place = places[where]
        name = ".".join(step for step in where if isinstance(step, str))
        said = f"{name}: {mistake.problem}" if name else mistake.problem
        yield f"{path}:{place.line}: {said}{_suggest(mistake)}"


def _follow(values: Any, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The steps of `path` that are in the file. One source may stand without its list."""
    real: list[str | int] = []
    for step in path:
        is_there = step in values if isinstance(values, dict) else isinstance(values, list)
        if is_there and isinstance(step, int) is isinstance(values, list):
            values = values[step]
            real.append(step)
    return tuple(real)


def _suggest(mistake: Mistake) -> str:
    """The end of a message: the nearest known key, or else all of them; empty if none is known."""
    if not mistake.known:
        return ""
    if near := get_close_matches(str(mistake.path[-1]), mistake.known, 1):
        return f"; is {near[0]} meant?"
    return f"; expected one of {', '.join(mistake.known)}"
