"""Translation of documents, and the way back: where in a file a finding is."""

import json
from collections.abc import Collection, Hashable, Iterator, Mapping
from functools import cache
from typing import TypeAlias

import polars as pl

from pipelines.documents.json_text import render_json
from pipelines.mapping.items import translate_link
from pipelines.mapping.own_column import OwnColumn
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.translate import Target, Translated, leave_out_below, translate
from pipelines.tables.documents import ITEMS
from pipelines.tables.own_columns import extend_articles
from schemas.documents import ARCHIVE
from schemas.language.shape import Value

Origins: TypeAlias = Mapping[str, str | None]
"""Where in a file the value of each key was, as in `Translated`."""

_STEPS = (".", "[")


class Translation:
    """The translation of documents by `mapping`.

    `links` are for each document so far the related items that stand in its other keys, each as
    JSON. `origins` are those of each document, by its source path.
    """

    def __init__(self, mapping: PostMapping) -> None:
        self.links: list[list[str]] = []
        self.origins: dict[str, Origins] = {}
        self._mapping = mapping
        self._distinct: dict[Hashable, Origins] = {}

    def translate(self, documents: pl.DataFrame) -> Iterator[dict[str, Value]]:
        """The front matter of every document with the keys of the tables."""
        rows = documents.select("front_matter", "source_path", "body", pl.col(ITEMS).list.len())
        for text, path, body, count in rows.iter_rows():
            translated = translate_document(json.loads(text), path, body, self._mapping)
            self.links.append([render_json(link.values) for link in translated.links])
            named = _list_named(self._mapping.at(path) or self._mapping)
            origins = {**named, **_list_origins(translated, count or 0)}
            # Most posts of an archive have one of a few origins. Each of these is kept once.
            self.origins[path] = self._distinct.setdefault(tuple(origins.items()), origins)
            yield translated.values


def translate_items(
    items: pl.Series, secret_keys: Collection[str], *, is_strict: bool
) -> pl.Series:
    """Related items as JSON without secrets, and unless `is_strict` with the keys of the tables."""
    if is_strict and not secret_keys:
        return items
    texts = (_translate_item(text, secret_keys, is_strict=is_strict) for text in items)
    return pl.Series(texts, dtype=pl.String)


def _translate_item(text: str, secret_keys: Collection[str], *, is_strict: bool) -> str:
    item = json.loads(text)
    shown = leave_out_below(item, secret_keys) if secret_keys else item
    translated = shown if is_strict else translate_link(shown)
    return text if translated is item else render_json(translated)


def translate_document(
    front_matter: dict[str, Value], source_path: str, body: str | None, mapping: PostMapping
) -> Translated:
    """The front matter of one document with the keys of the tables, by the mapping of its file."""
    chosen = mapping.at(source_path)
    if chosen is None or chosen.is_plain:
        return Translated(
            front_matter, [], {key: key for key, value in front_matter.items() if value is not None}
        )
    return translate(front_matter, source_path, body, chosen, list_targets(mapping))


def list_targets(mapping: PostMapping) -> Mapping[str, Target]:
    """Every column of articles that is read from a key."""
    return _list_targets(mapping.columns)


@cache
def _list_targets(own_columns: tuple[OwnColumn, ...]) -> Mapping[str, Target]:
    columns = extend_articles(own_columns).columns
    return {name: Target(column.key, column.kind) for name, column in columns.items() if column.key}


def restore_field_paths(findings: pl.DataFrame, origins: Mapping[str, Origins]) -> pl.DataFrame:
    """`findings` with the field paths of the files. `origins` are those of their documents.

    What comes from the name or the body of a file has no field path. Without `origins`, nothing was
    translated.
    """
    if not origins or findings.is_empty():
        return findings
    restored = [
        restore_field_path(field_path, origins[path]) if field_path else None
        for path, field_path in findings.select("source_path", "field_path").iter_rows()
    ]
    return findings.with_columns(field_path=pl.Series(restored, dtype=pl.String))


def _list_named(mapping: PostMapping) -> dict[str, str | None]:
    """For each column that an archive takes from elsewhere, the first key that may have a value."""
    targets = list_targets(mapping) if mapping.named else {}
    return {
        targets[name].key: next(
            (each.key for each in mapping.sources[name] if not each.is_place), None
        )
        for name in mapping.named
        if name in targets
    }


def _list_origins(translated: Translated, listed: int) -> Origins:
    """The origins of keys and of links. These come after the related items that are listed."""
    links = {
        f"{ARCHIVE.repeated_key}[{number}]": link.field_path
        for number, link in enumerate(translated.links, listed)
    }
    return {**translated.origins, **links}


def restore_field_path(field_path: str, origins: Origins) -> str | None:
    """The place in the file of what is at `field_path` after the translation."""
    if field_path in origins:
        return origins[field_path]
    for key, origin in origins.items():
        rest = field_path.removeprefix(key)
        if field_path.startswith(key) and rest.startswith(_STEPS):
            # What is inside an image has another key there, so its image must do.
            return origin if rest.startswith(".") or origin is None else origin + rest
    return field_path
