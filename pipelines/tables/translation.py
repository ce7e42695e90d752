"""Translation of documents, and the way back: where in a file a finding is."""

import json
from collections.abc import Collection, Mapping
from functools import cache
from typing import NamedTuple

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

_STEPS = (".", "[")


class TranslatedTexts(NamedTuple):
    """The front matter of documents as JSON with the keys of the tables.

    `links` are for each document the related items that stand in its other keys, each as JSON.
    """

    front_matter: pl.Series
    links: list[list[str]]


def translate_documents(documents: pl.DataFrame, mapping: PostMapping) -> TranslatedTexts:
    """Translate the front matter of every document."""
    rows = documents.select("front_matter", "source_path", "body").iter_rows()
    translated = [
        translate_document(json.loads(text), path, body, mapping) for text, path, body in rows
    ]
    texts = [render_json(each.values) for each in translated]
    links = [[render_json(link.values) for link in each.links] for each in translated]
    return TranslatedTexts(pl.Series(texts, dtype=pl.String), links)


def translate_items(
    items: pl.Series, secret_keys: Collection[str], *, is_strict: bool
) -> pl.Series:
    """Related items as JSON without secrets, and unless `is_strict` with the keys of the tables."""
    if is_strict and not secret_keys:
        return items
    read = (leave_out_below(json.loads(text), secret_keys) for text in items)
    texts = [render_json(each if is_strict else translate_link(each)) for each in read]
    return pl.Series(texts, dtype=pl.String)


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


def restore_field_paths(
    findings: pl.DataFrame, documents: pl.DataFrame, mapping: PostMapping
) -> pl.DataFrame:
    """`findings` with the field paths of the files, of which `documents` are some.

    What comes from the name or the body of a file has no field path.
    """
    if mapping.is_plain or findings.is_empty():
        return findings
    paths = findings["source_path"].unique()
    rows = documents.filter(pl.col("source_path").is_in(paths.implode()))
    origins = {
        path: {
            **_list_named(mapping.at(path) or mapping),
            **_list_origins(translate_document(json.loads(text), path, body, mapping), count or 0),
        }
        for text, path, body, count in rows.select(
            "front_matter", "source_path", "body", pl.col(ITEMS).list.len()
        ).iter_rows()
    }
    restored = [
        _restore(field_path, origins.get(path, {})) if field_path else None
        for path, field_path in findings.select("source_path", "field_path").iter_rows()
    ]
    return findings.with_columns(field_path=pl.Series(restored, dtype=pl.String))


def _list_named(mapping: PostMapping) -> dict[str, str | None]:
    """For each column that an archive takes from elsewhere, the first key that may have a value."""
    targets = list_targets(mapping)
    return {
        targets[name].key: next(
            (each.key for each in mapping.sources[name] if not each.is_place), None
        )
        for name in mapping.named
        if name in targets
    }


def _list_origins(translated: Translated, item_count: int) -> dict[str, str | None]:
    """The origins of keys and of links. These are the last related items of a document."""
    first = item_count - len(translated.links)
    links = {
        f"{ARCHIVE.repeated_key}[{number}]": link.field_path
        for number, link in enumerate(translated.links, first)
    }
    return {**translated.origins, **links}


def _restore(field_path: str, origins: Mapping[str, str | None]) -> str | None:
    """The place in the file of what is at `field_path` after the translation."""
    for key, origin in origins.items():
        rest = field_path.removeprefix(key)
        if field_path.startswith(key) and (not rest or rest.startswith(_STEPS)):
            # What is inside an image has another key there, so its image must do.
            return origin if rest.startswith(".") or origin is None else origin + rest
    return field_path
