"""Examples of a warning: where in the raw files its values stand."""

from collections.abc import Collection, Iterable
from typing import Any, Final

import polars as pl

from pipelines.documents.field_path import FieldPath, parse_field_path, render_field_path
from pipelines.mapping.post_mapping import PostMapping
from pipelines.reports.profile.database import Columns
from pipelines.reports.raw_lines import SECRET, RawLines
from pipelines.reports.read_post import ReadPost, read_post
from pipelines.sources.source import Source
from pipelines.warehouse.snapshot import Snapshot, read_rows
from schemas.language.archive import fold_keys

_MADE_FROM: Final = {
    "title_text": ("title",),
    "excerpt_text": ("excerpt",),
    "canonical_url": ("web_url", "original_url"),
}
"""Columns that are computed from others, where these are to be looked for."""
_NOWHERE: Final[dict[str, Any]] = {"line": None, "column_number": None, "text": None}


def list_keys(column: str, columns: Columns) -> list[str]:
    """The keys of the tables that may hold the value of a column."""
    names = _MADE_FROM.get(column, (column,))
    return [key for name in names if name in columns and (key := columns[name].key)]


class Locator:
    """Finds where values stand. The documents of all examples are read at once."""

    def __init__(
        self,
        snapshot: Snapshot,
        source: Source,
        mapping: PostMapping,
        secret_keys: Collection[str],
        article_ids: Iterable[str],
    ) -> None:
        self._source = source
        self._mapping = mapping
        self._secret_keys = secret_keys
        self._lines: dict[str, RawLines] = {}
        wanted = sorted(set(article_ids))
        rows = snapshot.scan("documents").filter(pl.col("document_id").is_in(wanted))
        self._documents = {
            document["document_id"][0]: document
            for document in read_rows(rows, snapshot.folder / "documents").iter_slices(1)
        }

    def locate(self, article_id: str, keys: Iterable[str]) -> dict[str, Any]:
        """Where a value of an article stands: file, line, column_number, field_path, and the text.

        `keys` are those of the tables that may hold it. Line and text are null if none is there, or
        if the file has changed since.
        """
        post = read_post(self._documents[article_id], self._mapping)
        lines = self._open(post)
        found = {key: post.find_path(key) or parse_field_path(key) for key in keys}
        places = lines.locate(found.values())
        path = next((path for path in found.values() if path in places), None)
        place = places[path] if path else _NOWHERE
        if path and not _is_there(path, place["text"]):
            # Where a key is missing, the beginning of what should hold it is found.
            place = {**place, "text": None}
        return {
            "source_path": post.source_path,
            "file": lines.file,
            "line": place["line"],
            "column_number": place["column_number"],
            "field_path": render_field_path(path) if path else None,
            "text": place["text"],
        }

    def _open(self, post: ReadPost) -> RawLines:
        if post.source_path not in self._lines:
            secret_keys = fold_keys([*self._secret_keys, *post.secret_keys])
            sha256 = post.document["content_sha256"][0]
            self._lines[post.source_path] = RawLines(
                self._source, post.source_path, sha256, post.front_matter, secret_keys
            )
        return self._lines[post.source_path]


def _is_there(path: FieldPath, text: str) -> bool:
    """Whether a line may be that of the value at `path`, and not of what should hold it."""
    return text == SECRET or isinstance(path[-1], int) or path[-1].casefold() in text.casefold()
