"""The keys of matterhouse.toml, checked with pydantic. No other module imports it."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args

import polars as pl
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    model_validator,
)

from pipelines.mapping.own_column import OwnType
from pipelines.mapping.post_mapping import Effect
from pipelines.mapping.source import INVERSE, PLACE, PLACES, check_slots
from pipelines.sources.globs import check_glob
from schemas.articles import ARTICLES
from schemas.language.registry import load_tables

REST: Final = "..."
"""In a list of sources, it stands for those of the built-in mapping."""
_NAME: Final = r"[a-z][a-z0-9_]*"


class Strict(BaseModel):
    """A table of the file. A key that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _check_key(key: str) -> str:
    name = key.removeprefix(INVERSE)
    if not name.strip():
        raise ValueError("found no name of a key")
    if name.startswith(PLACE) and name not in PLACES:
        raise ValueError(f"found {name}, expected a key or one of {', '.join(PLACES)}")
    return key


def _check_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"found no regular expression: {error}") from error
    return pattern


def _check_column_pattern(pattern: str) -> str:
    """Rules of columns are checked by Polars, whose patterns know no look-around."""
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError as error:
        problem = " ".join(str(error).split())
        raise ValueError(f"found no regular expression for Polars: {problem}") from error
    return pattern


def _check_zone(zone: str) -> str:
    try:
        pl.select(pl.datetime(2024, 1, 1).dt.replace_time_zone(zone))
    except pl.exceptions.PolarsError as error:
        raise ValueError(f'found "{zone}", expected a time zone like Europe/Oslo') from error
    return zone


def _check_site(site: str) -> str:
    if not re.fullmatch(r"https?://[^/\s]+/?", site):
        raise ValueError(f'found "{site}", expected an address like https://example.org')
    return site.rstrip("/")


def _check_glob(glob: str) -> str:
    check_glob(glob)
    return glob


def _list_sources(value: Any) -> Any:
    """One source, or a list of them, as a list of tables."""
    sources = value if isinstance(value, list) else [value]
    return [{"key": each} if isinstance(each, str) else each for each in sources]


Key = Annotated[str, AfterValidator(_check_key)]
Glob = Annotated[str, AfterValidator(_check_glob)]
Pattern = Annotated[str, AfterValidator(_check_pattern)]
Zone = Annotated[str, AfterValidator(_check_zone)]
Site = Annotated[str, AfterValidator(_check_site)]


class SourceSettings(Strict):
    """Where a value comes from: a key, a place, or a constant, and how its text is reshaped."""

    key: Key | None = None
    constant: str | None = None
    pattern: Pattern | None = None
    template: str | None = None
    prefix: str | None = None
    split: list[str] = []

    @model_validator(mode="after")
    def _check(self) -> "SourceSettings":
        if (self.key is None) == (self.constant is None):
            raise ValueError("expected either key or constant")
        if self.template is not None:
            check_slots(self.pattern, self.template)
        return self


class ImageSource(SourceSettings):
    """A source of images: for columns of images, the keys inside of an item, or beside a text."""

    url: str | None = None
    title: str | None = None
    attribution: str | None = None
    width: str | None = None
    height: str | None = None


class LinkSource(SourceSettings):
    """A source of related links, as above."""

    web_url: str | None = None
    title: str | None = None
    excerpt: str | None = None
    published_at: str | None = None
    type: str | None = None


Sources = Annotated[list[SourceSettings], BeforeValidator(_list_sources)]
ImageSources = Annotated[list[ImageSource], BeforeValidator(_list_sources)]
LinkSources = Annotated[list[LinkSource], BeforeValidator(_list_sources)]


class ColumnSettings(Strict):
    """A column that the archive adds to articles."""

    key: Sources
    type: OwnType = "text"
    description: str = ""
    required: bool = False
    min: float | None = None
    max: float | None = None
    pattern: Annotated[str, AfterValidator(_check_column_pattern)] | None = None
    one_of: list[str] = []
    severity: Effect | None = None

    @model_validator(mode="after")
    def _check(self) -> "ColumnSettings":
        is_number = self.type in ("integer", "number")
        if not is_number and (self.min is not None or self.max is not None):
            raise ValueError(f"min and max are for numbers, and the type is {self.type}")
        if self.type not in ("text", "url", "list") and (self.pattern or self.one_of):
            raise ValueError(f"pattern and one_of are for texts, and the type is {self.type}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"found min {self.min:g} above max {self.max:g}")
        return self


def _check_column_name(name: str) -> str:
    if not re.fullmatch(_NAME, name):
        raise ValueError(f'found "{name}", expected small letters, digits and _')
    if name in ARTICLES.readable_columns:
        raise ValueError(f"found {name}, which articles have already: say where it comes from")
    return name


def _describe_articles() -> type[Strict]:
    """The table `[articles]`: where each of its columns comes from."""
    fields: dict[str, Any] = dict.fromkeys(ARTICLES.keys, (Sources | None, None))
    own = dict[Annotated[str, AfterValidator(_check_column_name)], ColumnSettings]
    return create_model("articles", __base__=Strict, columns=(own, {}), **fields)


ArticlesSettings: Final = _describe_articles()


def _check_rule(name: str) -> str:
    """A rule, or one of a column, like `published_at.is_dated_if_news`."""
    tables = load_tables().values()
    rules = {rule for table in tables for each in table.columns for rule in table.list_rules(each)}
    rules |= {"has_time_zone", "is_list", "is_text", "is_mapping", "is_known_key"}
    *_, rule = name.split(".")
    if rule not in rules | _OWN_RULES:
        raise ValueError(f"found {rule}, expected a rule that `matterhouse rejects` names")
    return name


_OWN_RULES: Final = {"is_not_empty", "is_at_least", "is_at_most", "matches_pattern", "is_one_of"}


class MappingSettings(Strict):
    """How the posts of an archive, or of one of its folders, become articles."""

    base: Literal["everyday", "web"] | None = None
    time_zone: Zone | None = None
    site: Site | None = None
    articles: ArticlesSettings | None = None  # type: ignore[valid-type]  # It is made from schemas/.
    images: ImageSources | None = None
    related_links: LinkSources | None = None
    severities: dict[Annotated[str, AfterValidator(_check_rule)], Effect] = {}


class FolderSettings(MappingSettings):
    """How the files of a folder differ from the others. With `skip`, they are no articles."""

    path: Glob
    skip: bool = False


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


class Settings(MappingSettings):
    """All that matterhouse.toml may say."""

    include: list[Glob] = []
    exclude: list[Glob] = []
    secrets: list[Annotated[str, Field(min_length=1)]] = []
    folders: list[FolderSettings] = []


def check_settings(values: Mapping[str, Any]) -> Settings:
    """The settings that `values` are.

    Raises:
        MistakenError: They make no sense.
    """
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise MistakenError(list(_list_mistakes(error))) from error


def _list_mistakes(error: ValidationError) -> Iterator[Mistake]:
    for found in error.errors():
        path = tuple(step for step in found["loc"] if step != "[key]")
        if found["type"] == "extra_forbidden":
            yield Mistake(path, "found a key that is not known", _list_known(path[:-1]))
        elif found["type"] == "value_error":
            yield Mistake(path, str(found["ctx"]["error"]))
        elif found["type"] == "missing":
            yield Mistake(path[:-1], f"found no {path[-1]}")
        elif found["type"] in ("model_type", "model_attributes_type"):
            yield Mistake(path, "expected a table of keys")
        else:
            said = found["msg"].removeprefix("Input should be ")
            yield Mistake(path, f"expected {said[:1].lower()}{said[1:]}")


def _list_known(path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys of the table at `path`."""
    annotation: Any = Settings
    for step in path:
        fields = getattr(_find_model(annotation), "model_fields", {})
        # Any name may stand below `columns`, any number in a list.
        annotation = fields[step].annotation if step in fields else annotation
    model = _find_model(annotation)
    return tuple(model.model_fields) if model else ()


def _find_model(annotation: Any) -> type[BaseModel] | None:
    """The table that a value, the items of a list, or the values of a table have to be."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_find_model, get_args(annotation))), None)
