"""A post as it was read: its front matter, the keys of the tables, and where each came from."""

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import polars as pl

from pipelines.documents.field_path import FieldPath, parse_field_path, render_field_path
from pipelines.mapping.post import Found, Post
from pipelines.mapping.post_mapping import PostMapping
from pipelines.mapping.source import Source, describe_sources
from pipelines.mapping.translate import Target, leave_out
from pipelines.tables.documents import ITEMS, PARTITION, Documents
from pipelines.tables.fields import read_fields
from pipelines.tables.translation import Translation, list_targets, restore_field_path
from schemas.documents import ARCHIVE
from schemas.language.archive import MAPPED, CaselessKeys, fold_keys
from schemas.language.months import PARTITION_KEY
from schemas.language.shape import Value
from schemas.language.table import Table


class ReadPost(NamedTuple):
    """A document, read by its mapping.

    `document` is its row of documents, `archive_mapping` the mapping of its archive.
    `front_matter` is that of the file, `values` has the keys of the tables. `origins` say where in
    the file the values of these keys were, as in `Translated`.
    """

    source_path: str
    document: pl.DataFrame
    archive_mapping: PostMapping
    front_matter: dict[str, Value]
    body: str | None
    values: dict[str, Value]
    origins: Mapping[str, str | None]

    @property
    def mapping(self) -> PostMapping | None:
        """The mapping of the file; None if it is no article."""
        return self.archive_mapping.at(self.source_path)

    @property
    def secret_keys(self) -> CaselessKeys:
        """The keys whose values are shown nowhere."""
        return fold_keys([*ARCHIVE.secret_keys, *(self.mapping.secrets if self.mapping else ())])

    def find_path(self, key: str) -> FieldPath | None:
        """Where in the file the value of a key of the tables is; None if nowhere."""
        if self.mapping is None or self.mapping.is_plain:
            return find_in(self.front_matter, key)
        origin = restore_field_path(key, self.origins)
        path = None if origin is None else find_in(self.front_matter, origin)
        if path is None or origin == key or key in self.origins:
            return path
        return self._find_inside(path, key)

    def _find_inside(self, path: FieldPath, key: str) -> FieldPath | None:
        """The place of a value of an item: inside of it, or beside it if the item is a text."""
        value = follow(self.values, parse_field_path(key))
        item = follow(self.front_matter, path)
        if isinstance(item, dict):
            own = next((name for name in item if item[name] == value is not None), None)
            return None if own is None else (*path, own)
        if value is None or item == value:
            return None if value is None else path
        around = follow(self.front_matter, path[:-1]) if path[1:] else self.front_matter
        beside = around if isinstance(around, Mapping) else {}
        sister = next((name for name in beside if beside[name] == value), None)
        return None if sister is None else (*path[:-1], sister)

    def find_row(self, table: Table, item: str) -> dict[str, Any] | None:
        """The key, without the article, of the row that is made from an item of a list.

        `item` is its field path, with the keys of the tables. None if there is no such item.
        """
        # Imported here: it takes longer to load than all else.
        module = import_module(f"pipelines.tables.{table.name}")
        fields = read_fields(_hold_alone(self.document), self.archive_mapping)
        rows = getattr(module, f"select_{table.name}")(fields).rows.filter(_field_path=item)
        if rows.is_empty():
            return None
        numbers = rows.select(name for name in table.key if name in rows.columns)
        return dict(numbers.row(0, named=True))

    def list_tried(self, key: str, name: str) -> list[dict[str, Any]]:
        """Where the value of a key of the tables was looked for, and whether each has one.

        `name` is the column that it feeds. Of a list, all that have one are taken, of anything else
        one.
        """
        target = list_targets(self.mapping).get(name) if self.mapping else None
        if self.mapping is None or target is None or target.key != key:
            path = self.find_path(key)
            return [_describe_key(render_field_path(path) if path else key, path)]
        if name not in self.mapping.sources:
            # No post writes the others.
            is_written = not key.startswith(MAPPED)
            return [_describe_key(key, find_in(self.front_matter, key))] if is_written else []
        return self._list_sources(target, self.mapping.sources[name], name)

    def _list_sources(
        self, target: Target, sources: tuple[Source, ...], name: str
    ) -> list[dict[str, Any]]:
        tried = list(self._try(name, sources))
        origin = self.origins.get(target.key, ())
        for each in tried:
            found = each.pop("_found")
            is_same = found is not None and (found.field_path if found.path else None) == origin
            is_first = not any(other.get("is_taken") for other in tried)
            each["has_value"] = found is not None
            each["is_taken"] = is_same and is_first
            if target.kind == "list":
                each["is_taken"] = found is not None
        return tried

    def _try(self, name: str, sources: tuple[Source, ...]) -> Iterator[dict[str, Any]]:
        """Each of `sources` alone, with the first value that it has."""
        if self.mapping is None:
            return
        shown = leave_out(self.front_matter, self.mapping.secrets)
        for source in sources:
            alone = PostMapping("", sources={name: (source,)})
            found = Post(shown, alone, self.source_path, self.body).find_all(name)
            full = next((each for each in found if _says_something(each)), None)
            yield {"source": describe_sources((source,)), "_found": full}


def read_post(document: pl.DataFrame, mapping: PostMapping) -> ReadPost:
    """The post of one row of documents."""
    row = document.row(0, named=True)
    items = [json.loads(text) for text in row["related"] or ()]
    front_matter = json.loads(row["front_matter"])
    listed = front_matter if row["related"] is None else {**front_matter, "related": items}
    translation = Translation(mapping)
    path = row["source_path"]
    (values,) = translation.translate(document.with_columns(pl.col("related").alias(ITEMS)))
    links = [json.loads(text) for text in translation.links[0]]
    if items or links:
        values = {**values, ARCHIVE.repeated_key: [*items, *links]}
    origins = translation.origins[path]
    return ReadPost(path, document, mapping, listed, row["body"], values, origins)


def _hold_alone(document: pl.DataFrame) -> Documents:
    """The documents that consist of this one row."""
    listed = document["related"][0]
    texts = [] if listed is None else listed.to_list()
    items = list(dict.fromkeys(texts))
    numbers = None if listed is None else [items.index(text) for text in texts]
    rows = document.drop("related", PARTITION_KEY).with_columns(
        pl.Series(ITEMS, [numbers], pl.List(pl.UInt32)), pl.lit("").alias(PARTITION)
    )
    return Documents(rows, pl.Series(items, dtype=pl.String))


def find_in(front_matter: Mapping[str, Value], text: str) -> FieldPath | None:
    """The path that `text` names in `front_matter`; None if nothing is there."""
    for path in ((text,), parse_field_path(text), tuple(text.split("."))):
        if path and follow(front_matter, path) is not None:
            return path
    return None


def follow(value: "Value | Mapping[str, Value]", path: FieldPath) -> Value:
    """The value at `path`; None if there is none."""
    for step in path:
        if isinstance(value, Mapping) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value if isinstance(value, str | list | dict) else None


def _describe_key(key: str, path: FieldPath | None) -> dict[str, Any]:
    return {"source": key, "has_value": path is not None, "is_taken": path is not None}


def _says_something(found: Found) -> bool:
    return bool(found.value.strip()) if isinstance(found.value, str) else bool(found.value)
