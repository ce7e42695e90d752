"""Checking settings: what is wrong with them, each mistake at its place."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, get_args

from pydantic import BaseModel, ValidationError

from pipelines.mapping.post_mapping import IMAGES, LINKS
from pipelines.mapping.source import INVERSE
from pipelines.settings.model import (
    ColumnSettings,
    MappingSettings,
    Settings,
    SourceSettings,
)
from pipelines.settings.rule_names import list_judged
from schemas.articles import ARTICLES

_EXPECTED: Final = {
    "model_type": "a key, or a table of keys",
    "model_attributes_type": "a key, or a table of keys",
    "dict_type": "a table of keys",
    "list_type": 'a list, like ["a", "b"]',
    "bool_type": "true or false",
    "float_type": "a number",
    "int_type": "a whole number",
    "string_type": "a text in quotes",
    "string_too_short": "a text that is not empty",
}
"""What is expected in place of what pydantic refuses, by the kind of its error."""


class Mistake(NamedTuple):
    """What is wrong at one place. `path` are the keys and positions that lead there.

    `known` are the keys that are expected if the last one of `path` is not known.
    """

    path: tuple[str | int, ...]
    problem: str
    known: tuple[str, ...] = ()


class MistakenError(Exception):
    """Settings that make no sense."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(each.problem for each in mistakes))
        self.mistakes = mistakes


def check_settings(values: Mapping[str, Any]) -> Settings:
    """`values` as settings, checked.

    Raises:
        MistakenError: They make no sense.
    """
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise MistakenError(list(_list_mistakes(error))) from error
    if mistakes := list(_list_contradictions(settings)):
        raise MistakenError(mistakes)
    return settings


def _list_contradictions(settings: Settings) -> Iterator[Mistake]:
    """What fits each rule of the file, but not what the file says elsewhere."""
    own: dict[str, ColumnSettings] = settings.articles.columns if settings.articles else {}
    if settings.guards:
        yield from _check_columns(("guards", "rules"), settings.guards.rules, own)
    for name, said in own.items():
        yield from _check_uses(("articles", "columns", name, "key"), said.key, said.type)
    for path, each in _list_parts(settings):
        for name, column in ARTICLES.columns.items():
            sources = getattr(each.articles, name, None) if each.articles else None
            yield from _check_uses((*path, "articles", name), sources or (), column.kind)
        for name in (IMAGES, LINKS):
            yield from _check_uses((*path, name), getattr(each, name) or (), name)
        if path and each.articles and each.articles.columns:
            problem = "found columns of a part, expected them above, in [articles.columns]"
            yield Mistake((*path, "articles", "columns"), problem)
        yield from _check_columns((*path, "severities"), each.severities, own)
        if each.severities.get("is_known_key") == "error":
            yield Mistake((*path, "severities", "is_known_key"), "expected warning or nothing")


def _list_parts(
    settings: Settings,
) -> Iterator[tuple[tuple[str | int, ...], MappingSettings]]:
    """What is said of all files, of archives and of folders, each with its place."""
    yield (), settings
    for name, archive in settings.archives.items():
        yield ("archives", name), archive
    for place, folder in enumerate(settings.folders):
        yield ("folders", place), folder


def _check_uses(
    path: tuple[str | int, ...], sources: Iterable[SourceSettings], kind: str
) -> Iterator[Mistake]:
    """Whether what sources do with their values is of any use for values of this kind."""
    for place, source in enumerate(sources):
        if (source.key or "").startswith(INVERSE) and kind != "boolean":
            yield Mistake((*path, place), f"found {source.key}, but only a flag has an opposite")
        if source.split and kind != "list":
            yield Mistake((*path, place), "found split, which is for lists of texts")


def _check_columns(
    path: tuple[str | int, ...], severities: Iterable[str], own: Iterable[str]
) -> Iterator[Mistake]:
    """Whether the columns are there whose rules are named."""
    columns = {name: {*table.columns} for name, table in list_judged().items()}
    columns[ARTICLES.name] |= {*own}
    for name in severities:
        *table, column = name.split(".")[:-1] or [""]
        known = columns[table[0]] if table else set().union(*columns.values())
        if column and column not in known:
            near = get_close_matches(column, known, 1)
            meant = f"; is {near[0]} meant?" if near else ""
            yield Mistake((*path, name), f"found {column}, which is no column{meant}")


def _list_mistakes(error: ValidationError) -> Iterator[Mistake]:
    for found in error.errors():
        path = tuple(step for step in found["loc"] if step != "[key]")
        if found["type"] == "extra_forbidden":
            yield Mistake(path, "found a key that is not known", _list_known(path[:-1]))
        elif found["type"] == "value_error":
            yield Mistake(path, str(found["ctx"]["error"]))
        elif found["type"] == "missing":
            yield Mistake(path[:-1], f"found no {path[-1]}")
        elif found["type"] == "literal_error":
            expected = found["ctx"]["expected"]
            problem = f"found {found['input']!r}, expected {expected}"
            yield Mistake(path, f"{problem}{_ask(str(found['input']), expected)}")
        elif found["type"] in _EXPECTED:
            yield Mistake(path, f"expected {_EXPECTED[found['type']]}")
        else:
            said = found["msg"].removeprefix("Input should be ")
            said = said.replace("less than or equal to", "at most")
            said = said.replace("greater than or equal to", "at least")
            yield Mistake(path, f"expected {said[:1].lower()}{said[1:]}")


def _ask(found: str, expected: str) -> str:
    """Ask for the nearest of the words in quotes that are expected."""
    near = get_close_matches(found, re.findall(r"'([^']*)'", expected), 1)
    return f"; is {near[0]} meant?" if near else ""


def _list_known(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys of the table at `path`."""
    annotation: Any = Settings
    for step in path:
        fields = getattr(find_model(annotation), "model_fields", {})
        # Any name may stand below `columns`, any number in a list.
        annotation = fields[step].annotation if step in fields else annotation
    model = find_model(annotation)
    return tuple(model.model_fields) if model else ()


def find_model(annotation: Any) -> type[BaseModel] | None:
    """The table that a value, the items of a list, or the values of a table have to be."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(find_model, get_args(annotation))), None)
