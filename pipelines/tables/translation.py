"""Translation of documents, and the way back: where in a file a finding is."""

import json
from collections.abc import Mapping

import polars as pl

from pipelines.documents.json_text import render_json
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.translate import Translated, translate, translate_item
from schemas.documents import ARCHIVE

_STEPS = (".", "[")


def translate_documents(documents: pl.DataFrame, mapping: PostMapping) -> pl.Series:
    """The front matter of every document as JSON with the keys of the tables."""
    rows = documents.select("front_matter", "source_path", "body")
    texts = [
        render_json(translate_document(text, path, body, mapping).values)
        for text, path, body in rows.iter_rows()
    ]
    return pl.Series(texts, dtype=pl.String)


def translate_items(items: pl.Series) -> pl.Series:
    """Related items as JSON with the keys of the tables."""
    texts = [render_json(translate_item(json.loads(text))) for text in items]
    return pl.Series(texts, dtype=pl.String)


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
        path: translate_document(text, path, body, mapping).origins
        for text, path, body in rows.select("front_matter", "source_path", "body").iter_rows()
    }
    restored = [
        _restore(field_path, origins.get(path, {})) if field_path else None
        for path, field_path in findings.select("source_path", "field_path").iter_rows()
    ]
    return findings.with_columns(field_path=pl.Series(restored, dtype=pl.String))


def translate_document(text: str, path: str, body: str | None, mapping: PostMapping) -> Translated:
    """The front matter of one document with the keys of the tables."""
    return translate(json.loads(text), path, body, mapping, ARCHIVE.date_key)


def _restore(field_path: str, origins: Mapping[str, str | None]) -> str | None:
    """The place in the file of what is at `field_path` after the translation."""
    for key, origin in origins.items():
        rest = field_path.removeprefix(key)
        if field_path.startswith(key) and (not rest or rest.startswith(_STEPS)):
            # What is inside an image has another key there, so its image must do.
            return origin if rest.startswith(".") or origin is None else origin + rest
    return field_path
