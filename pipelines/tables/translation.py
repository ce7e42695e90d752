"""Translation of documents, and the way back: where in a file a finding is."""

import json
from collections.abc import Hashable, Iterator, Mapping
from typing import TypeAlias

import polars as pl

from pipelines.documents.json_text import render_json
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.translate import Translated, translate, translate_item
from schemas.documents import ARCHIVE
from schemas.language.shape import Value

Origins: TypeAlias = Mapping[str, str | None]
"""Where in a file the value of each key was, as in `Translated`."""

_STEPS = (".", "[")


class Translation:
    """The translation of documents by `mapping`.

    `origins` are those of each document so far, by its source path.
    """

    def __init__(self, mapping: PostMapping) -> None:
        self.origins: dict[str, Origins] = {}
        self._mapping = mapping
        self._distinct: dict[Hashable, Origins] = {}

    def translate(self, documents: pl.DataFrame) -> Iterator[dict[str, Value]]:
        """The front matter of every document with the keys of the tables."""
        rows = documents.select("front_matter", "source_path", "body")
        for text, path, body in rows.iter_rows():
            values, origins = translate_document(text, path, body, self._mapping)
            # Most posts of an archive have one of a few origins. Each of these is kept once.
            self.origins[path] = self._distinct.setdefault(tuple(origins.items()), origins)
            yield values


def translate_items(items: pl.Series) -> pl.Series:
    """Related items as JSON with the keys of the tables."""
    return pl.Series(map(_translate_text, items), dtype=pl.String)


def _translate_text(text: str) -> str:
    item = json.loads(text)
    translated = translate_item(item)
    return text if translated is item else render_json(translated)


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
