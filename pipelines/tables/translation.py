"""Translation of documents, and the way back: where in a file a finding is."""

import json
from collections.abc import Hashable, Mapping
from typing import NamedTuple, TypeAlias

import polars as pl

from pipelines.documents.json_text import render_json
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.translate import Translated, translate, translate_item
from schemas.documents import ARCHIVE

Origins: TypeAlias = Mapping[str, str | None]
"""Where in a file the value of each key was, as in `Translated`."""

_STEPS = (".", "[")


class Translation(NamedTuple):
    """The front matter of some documents with the keys of the tables.

    `texts` are JSON. `origins` are those of each document, by its source path.
    """

    texts: pl.Series
    origins: Mapping[str, Origins]


def translate_documents(documents: pl.DataFrame, mapping: PostMapping) -> Translation:
    """Translate the front matter of every document by `mapping`."""
    texts: list[str] = []
    origins: dict[str, Origins] = {}
    # Most posts of an archive have one of a few origins. Each of these is kept once.
    known: dict[Hashable, Origins] = {}
    for text, path, body in documents.select("front_matter", "source_path", "body").iter_rows():
        translated = translate_document(text, path, body, mapping)
        texts.append(render_json(translated.values))
        key = tuple(translated.origins.items())
        origins[path] = known.setdefault(key, translated.origins)
    return Translation(pl.Series(texts, dtype=pl.String), origins)


def translate_items(items: pl.Series) -> pl.Series:
    """Related items as JSON with the keys of the tables."""
    texts = [render_json(translate_item(json.loads(text))) for text in items]
    return pl.Series(texts, dtype=pl.String)


def restore_field_paths(findings: pl.DataFrame, origins: Mapping[str, Origins]) -> pl.DataFrame:
    """`findings` with the field paths of the files. `origins` are those of their documents.

    What comes from the name or the body of a file has no field path. Without `origins`, nothing was
    translated.
    """
    if not origins or findings.is_empty():
        return findings
    restored = [
        _restore(field_path, origins[path]) if field_path else None
        for path, field_path in findings.select("source_path", "field_path").iter_rows()
    ]
    return findings.with_columns(field_path=pl.Series(restored, dtype=pl.String))


def translate_document(text: str, path: str, body: str | None, mapping: PostMapping) -> Translated:
    """The front matter of one document with the keys of the tables."""
    return translate(json.loads(text), path, body, mapping, ARCHIVE.date_key)


def _restore(field_path: str, origins: Origins) -> str | None:
    """The place in the file of what is at `field_path` after the translation."""
    if field_path in origins:
        return origins[field_path]
    for key, origin in origins.items():
        rest = field_path.removeprefix(key)
        if field_path.startswith(key) and rest.startswith(_STEPS):
            # What is inside an image has another key there, so its image must do.
            return origin if rest.startswith(".") or origin is None else origin + rest
    return field_path
