"""The keys of matterhouse.toml, as pydantic checks them, each for itself."""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import polars as pl
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    create_model,
    model_validator,
)

from pipelines.mapping.own_column import OwnType
from pipelines.mapping.post_mapping import Effect, RepeatedKeys
from pipelines.mapping.source import INVERSE, PLACE, PLACES, check_slots
from pipelines.settings.guards import GuardSettings
from pipelines.settings.operating import OperatingSettings
from pipelines.settings.rule_names import check_rule
from pipelines.settings.strict import STRICT
from pipelines.sources.globs import check_glob
from pipelines.sources.source import MOST_SETTLE_SECONDS
from schemas.articles import ARTICLES

REST: Final = "..."
"""In a list of sources, it stands for those of the built-in mapping."""
_NAME: Final = r"[a-z][a-z0-9_]*"


def _check_key(key: str) -> str:
    name = key.removeprefix(INVERSE)
    if key == REST:
        return key
    if not all(step.strip() for step in name.split(".")):
        raise ValueError(f'found "{key}", expected a key, or keys with dots between them')
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
        # The pattern stands in the lines around it.
        said = re.search(r"^error: (.*)$", str(error), re.MULTILINE)
        problem = said[1] if said else "it cannot be read"
        raise ValueError(f"found no regular expression for Polars: {problem}") from error
    return pattern


def _check_zone(zone: str) -> str:
    expected = f'found "{zone}", expected a time zone like Europe/Oslo'
    if not zone:
        raise ValueError(expected)
    try:
        pl.select(pl.datetime(2024, 1, 1).dt.replace_time_zone(zone))
    except pl.exceptions.PolarsError as error:
        raise ValueError(expected) from error
    return zone


def _check_site(site: str) -> str:
    if not re.fullmatch(r"https?://[^/\s?#]+/?", site):
        expected = "an address without a path, like https://example.org"
        raise ValueError(f'found "{site}", expected {expected}')
    return site.rstrip("/")


def _check_secret(key: str) -> str:
    if "." in key:
        raise ValueError(f'found "{key}", expected one key: it is secret at any depth')
    return key


def _check_rest(sources: list["SourceSettings"]) -> list["SourceSettings"]:
    if [each.key for each in sources].count(REST) > 1:
        raise ValueError(f"found {REST} twice, expected it once")
    return sources


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


class Strict(BaseModel):
    """A table of the file."""

    model_config = STRICT


class SourceSettings(Strict):
    """Where a value comes from: a key, a place, or a constant, and how its text is reshaped."""

    key: Key | None = None
    constant: str | None = None
    pattern: Pattern | None = None
    template: str | None = None
    prefix: str | None = None
    split: list[Annotated[str, Field(min_length=1)]] = []

    @model_validator(mode="after")
    def _check(self) -> "SourceSettings":
        if (self.key is None) == (self.constant is None):
            raise ValueError("expected either key or constant")
        if self.key == REST and len(self.model_fields_set) > 1:
            raise ValueError(f"{REST} stands for what the base takes, as it takes it")
        if self.template is not None:
            check_slots(self.pattern, self.template)
        return self


class ImageSource(SourceSettings):
    """A source of images.

    Each field says under which key an image holds its title and so on: inside the image, or beside
    it if it is a text.
    """

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


_Checked = (BeforeValidator(_list_sources), AfterValidator(_check_rest))
Sources = Annotated[list[SourceSettings], *_Checked]
ImageSources = Annotated[list[ImageSource], *_Checked]
LinkSources = Annotated[list[LinkSource], *_Checked]
Number = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=MOST_SETTLE_SECONDS)]


class ColumnSettings(Strict):
    """A column that the archive adds to articles."""

    key: Sources
    type: OwnType = "text"
    description: str = ""
    required: bool = False
    min: Number | None = None
    max: Number | None = None
    pattern: Annotated[str, AfterValidator(_check_column_pattern)] | None = None
    one_of: list[str] = []
    severity: Effect | None = None

    @model_validator(mode="after")
    def _check(self) -> "ColumnSettings":
        if any(each.key == REST for each in self.key):
            raise ValueError(f"found {REST}, but no base has this column")
        is_number = self.type in ("integer", "number")
        if not is_number and (self.min is not None or self.max is not None):
            raise ValueError(f"min and max are for numbers, and the type is {self.type}")
        if self.type not in ("text", "url", "list") and (self.pattern or self.one_of):
            raise ValueError(
                f"pattern and one_of are rules for texts, and the type is {self.type}; to take a "
                "part of a value, write key = { key = ..., pattern = ... }"
            )
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"found min {self.min:g} above max {self.max:g}")
        return self


def _check_column_name(name: str) -> str:
    if not re.fullmatch(_NAME, name):
        raise ValueError(f'found "{name}", expected small letters, digits and _')
    if name in (rule.name for rule in ARTICLES.row_rules):
        raise ValueError(f"found {name}, which is the name of a rule")
    if name in ARTICLES.keys:
        raise ValueError(f"found {name}, which articles have already: say where it comes from")
    if name in ARTICLES.readable_columns:
        raise ValueError(f"found {name}, which articles have already: choose another name")
    return name


def _describe_articles() -> type[Strict]:
    """The table `[articles]`: where each of its columns comes from."""
    fields: dict[str, Any] = dict.fromkeys(ARTICLES.keys, (Sources | None, None))
    own = dict[Annotated[str, AfterValidator(_check_column_name)], ColumnSettings]
    return create_model("articles", __base__=Strict, columns=(own, {}), **fields)


ArticlesSettings: Final = _describe_articles()


class MappingSettings(Strict):
    """How the posts of an archive, or of one of its folders, become articles."""

    base: Literal["everyday", "web"] | None = None
    time_zone: Zone | None = None
    site: Site | None = None
    articles: ArticlesSettings | None = None  # type: ignore[valid-type]  # It is made from schemas/.
    images: ImageSources | None = None
    related_links: LinkSources | None = None
    severities: dict[Annotated[str, AfterValidator(check_rule)], Effect] = {}


class FolderSettings(MappingSettings):
    """How the files of a folder differ from the others. With `skip`, they are no articles."""

    path: Glob
    skip: bool = False


def _check_archive_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise ValueError(
            f'found "{name}", expected a name of letters, digits, _ and - that begins with a '
            "letter or digit"
        )
    return name


class ArchiveSettings(MappingSettings):
    """One of several archives in a warehouse: where it lies, and how it differs from the others."""

    raw: Annotated[str, Field(min_length=1)]
    include: list[Glob] = []
    exclude: list[Glob] = []


class Settings(MappingSettings, OperatingSettings):
    """All that matterhouse.toml may say."""

    include: list[Glob] = []
    exclude: list[Glob] = []
    secrets: list[Annotated[str, Field(min_length=1), AfterValidator(_check_secret)]] = []
    repeated_keys: RepeatedKeys | None = None
    settle: Seconds | None = None
    guards: GuardSettings | None = None
    folders: list[FolderSettings] = []
    archives: dict[Annotated[str, AfterValidator(_check_archive_name)], ArchiveSettings] = {}

    def resolve(self, folder: Path) -> "Settings":
        """These settings with the whole paths of what is given below `folder`."""
        changes: dict[str, Any] = {}
        if self.archives:
            changes["archives"] = {
                name: each.model_copy(update={"raw": str(folder / each.raw)})
                for name, each in self.archives.items()
            }
        if self.metrics.file:
            file = str(folder / self.metrics.file)
            changes["metrics"] = self.metrics.model_copy(update={"file": file})
        return self.model_copy(update=changes) if changes else self
