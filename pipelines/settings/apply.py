"""Applying settings: what an archive says, over the built-in mapping that it starts from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pipelines.mapping.built_in import BUILT_IN
from pipelines.mapping.own_column import OwnColumn
from pipelines.mapping.post_mapping import IMAGES, LINKS, Effect, Folder, PostMapping
from pipelines.mapping.source import Source, name_sources
from pipelines.settings.model import (
    REST,
    ColumnSettings,
    FolderSettings,
    MappingSettings,
    Settings,
    SourceSettings,
)
from pipelines.tables.own_columns import extend_articles
from schemas.articles import ARTICLES
from schemas.images import IMAGES as IMAGES_TABLE
from schemas.related_links import RELATED_LINKS

_OWN_KEYS: Final = {
    **{name: (Source(key),) for name, key in ARTICLES.keys.items()},
    IMAGES: (Source("images"),),
    LINKS: (),
}
"""The sources of a mapping that names none: the keys of the tables. The list of related items is
always read."""
_ITEM_KEYS: Final = {IMAGES: IMAGES_TABLE.keys, LINKS: RELATED_LINKS.keys}
"""The keys of images and links, by their columns."""
_SHAPE_RULES: Final = ("is_list", "is_text", "is_mapping")


def apply_settings(settings: Settings, base: PostMapping) -> PostMapping:
    """The mapping that `settings` make of `base`, if they do not name another one."""
    start = BUILT_IN[settings.base] if settings.base else base
    mapping = _extend(settings, start)
    archives = (
        Folder(f"/{name}/", _apply_parts([each], settings, start))
        for name, each in settings.archives.items()
    )
    # What is said of a folder counts more than what is said of its archive.
    folders = (_apply_folder(each, settings, start) for each in settings.folders)
    return replace(
        mapping,
        folders=(*archives, *folders),
        repeated_keys=settings.repeated_keys or mapping.repeated_keys,
    )


def _apply_folder(folder: FolderSettings, settings: Settings, base: PostMapping) -> Folder:
    """What a folder says, over what the archive says, over the base of either."""
    if folder.skip:
        return Folder(folder.path, None)
    archive = settings.archives.get(folder.path.strip("/").partition("/")[0])
    parts = [archive, folder] if archive else [folder]
    return Folder(folder.path, _apply_parts(parts, settings, base))


def _apply_parts(
    parts: Sequence[MappingSettings], settings: Settings, base: PostMapping
) -> PostMapping:
    """What is said of an archive and of a folder, the inner one last, over what is said of all."""
    bases = [BUILT_IN[each.base] for each in parts if each.base]
    mapping = _extend(settings, (bases or [base])[-1])
    for each in parts:
        mapping = _apply(each, mapping)
    return mapping


def _extend(settings: Settings, base: PostMapping) -> PostMapping:
    """`base` with what the archive says, but for its folders."""
    columns: dict[str, ColumnSettings] = settings.articles.columns if settings.articles else {}
    own = tuple(_describe_column(name, column) for name, column in columns.items())
    start = replace(
        base,
        columns=own,
        secret_keys=tuple(settings.secrets),
        sources={**base.sources, **_list_own_sources(columns)},
        named=tuple(columns),
        effects={**base.effects, **_list_own_effects(columns, own)},
    )
    return _apply(settings, start)


def _apply(settings: MappingSettings, start: PostMapping) -> PostMapping:
    """`start` with what the settings of an archive or of a folder say."""
    given: dict[str, Any] = {IMAGES: settings.images, LINKS: settings.related_links}
    for name in ARTICLES.keys:
        given[name] = getattr(settings.articles, name) if settings.articles else None
    sources = {
        name: _expand(each, start.sources.get(name, _OWN_KEYS[name]), name)
        for name, each in given.items()
        if each is not None
    }
    named = (name for name, each in sources.items() if each != start.sources.get(name))
    return replace(
        start,
        sources={**start.sources, **sources},
        named=tuple(dict.fromkeys((*start.named, *named))),
        effects={**start.effects, **settings.severities},
        time_zone=settings.time_zone or start.time_zone,
        site=settings.site or start.site,
    )


def _expand(
    given: Iterable[SourceSettings], rest: tuple[Source, ...], name: str
) -> tuple[Source, ...]:
    """The sources that are given, with those of the mapping below in place of `...`."""
    sources: list[Source] = []
    for each in given:
        sources += rest if each.key == REST else [_read_source(each, name)]
    return tuple(sources)


def _read_source(settings: SourceSettings, name: str) -> Source:
    (named,) = name_sources(settings.key or "")
    keys = _ITEM_KEYS.get(name, {})
    fields = {key: getattr(settings, field, None) for field, key in keys.items()}
    return named._replace(
        constant=settings.constant,
        pattern=settings.pattern,
        template=settings.template,
        prefix=settings.prefix,
        split=tuple(settings.split),
        fields={key: str(said) for key, said in fields.items() if said is not None},
    )


def _describe_column(name: str, column: ColumnSettings) -> OwnColumn:
    said = ", ".join(each.key or f'"{each.constant}"' for each in column.key)
    return OwnColumn(
        name,
        column.type,
        column.description or f"From {said}.",
        is_required=column.required,
        minimum=column.min,
        maximum=column.max,
        pattern=column.pattern,
        one_of=tuple(column.one_of),
    )


def _list_own_sources(columns: Mapping[str, ColumnSettings]) -> dict[str, tuple[Source, ...]]:
    return {name: _expand(column.key, (), name) for name, column in columns.items()}


def _list_own_effects(
    columns: Mapping[str, ColumnSettings], own: tuple[OwnColumn, ...]
) -> dict[str, Effect]:
    """What the rules of own columns do, where the archive says so."""
    table = extend_articles(own)
    return {
        f"{name}.{rule}": column.severity
        for name, column in columns.items()
        if column.severity
        for rule in (*table.list_rules(name), *_SHAPE_RULES)
    }
