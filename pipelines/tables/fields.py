"""Fields: what documents hold, as columns of text, with each distinct item of a list once."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from operator import attrgetter
from typing import Final, NamedTuple

import polars as pl

from pipelines.mapping.post_mapping import PostMapping
from pipelines.tables.documents import ITEMS, PARTITION, Documents
from pipelines.tables.fitting import fit_texts, fit_values
from pipelines.tables.leftovers import Leftover
from pipelines.tables.own_columns import extend_shape
from pipelines.tables.translation import Origins, Translation, translate_items
from schemas.documents import ARCHIVE
from schemas.language.shape import Shape

_REPEATED: Final = ARCHIVE.repeated_key


class Fields(NamedTuple):
    """The fields of some documents.

    `documents` and `items` are those of `Documents`. `columns` has a row for each document,
    `item_columns` one for each distinct item; both have a column per key. `leftovers` are what no
    column can hold; their rows are those of `documents`. `mapping` says which keys were read, and
    `origins` where they were in each file, by its source path; it is empty if they are those of the
    tables.
    """

    documents: pl.DataFrame
    items: pl.Series
    columns: pl.DataFrame
    item_columns: pl.DataFrame
    leftovers: list[Leftover]
    mapping: PostMapping
    origins: Mapping[str, Origins]

    def select(self, partitions: Collection[str]) -> "Fields":
        """The fields of the documents of some partitions."""
        is_wanted = self.documents[PARTITION].is_in(list(partitions))
        if is_wanted.all():
            return self
        rows = {row: new for new, row in enumerate(is_wanted.arg_true())}
        return self._replace(
            documents=self.documents.filter(is_wanted),
            columns=self.columns.filter(is_wanted),
            leftovers=[
                each._replace(row=rows[each.row]) for each in self.leftovers if each.row in rows
            ],
        )

    def list_uses(self) -> pl.DataFrame:
        """Every item that a document lists.

        Returns:
            One row per use: `_document` and `_item`, their rows, and `position`, its place in the
            list from 0.
        """
        uses = self.documents.select(_item=ITEMS).with_row_index("_document")
        return (
            uses.filter(pl.col("_item").list.len() > 0)
            .with_columns(position=pl.int_ranges(pl.col("_item").list.len(), dtype=pl.Int32))
            .explode("_item", "position")
        )


def read_fields(documents: Documents, mapping: PostMapping) -> Fields:
    """The fields of `documents`, read by `mapping`."""
    documents = _leave_out(documents, mapping)
    translation = Translation(mapping)
    shape = extend_shape(mapping.columns)
    if mapping.is_plain:
        fitted = fit_texts(documents.rows["front_matter"], shape)
        items = fit_texts(documents.items, _ITEM_SHAPE)
    else:
        values = translation.translate(documents.rows)
        fitted = fit_values(values, documents.rows.height, shape)
        documents = _add_links(documents, translation.links)
        documents, item_texts = _translate_items(documents, mapping)
        items = fit_texts(item_texts, _ITEM_SHAPE)
    fields = Fields(
        *documents, fitted.columns, items.columns, fitted.leftovers, mapping, translation.origins
    )
    if items.leftovers:
        leftovers = [*fitted.leftovers, *_spread(items.leftovers, fields.list_uses())]
        fields = fields._replace(leftovers=sorted(leftovers, key=attrgetter("row")))
    return fields


def _leave_out(documents: Documents, mapping: PostMapping) -> Documents:
    """The documents that are articles."""
    if not mapping.folders:
        return documents
    is_article = [mapping.at(path) is not None for path in documents.rows["source_path"]]
    return documents._replace(rows=documents.rows.filter(pl.Series(is_article, dtype=pl.Boolean)))


def _add_links(documents: Documents, links: list[list[str]]) -> Documents:
    """The documents with related items of other keys behind those that they list."""
    if not any(links):
        return documents
    items = documents.items
    numbers = {text: number for number, text in enumerate(items)}
    added = [[numbers.setdefault(text, len(numbers)) for text in each] for each in links]
    more = pl.Series([each or None for each in added], dtype=pl.List(pl.UInt32))
    listed = pl.col(ITEMS)
    both = (
        pl.when(pl.lit(more).is_null())
        .then(listed)
        .otherwise(pl.concat_list(listed.fill_null([]), pl.lit(more).fill_null([])))
    )
    return Documents(
        documents.rows.with_columns(both.alias(ITEMS)), pl.Series(list(numbers), dtype=pl.String)
    )


def _translate_items(documents: Documents, mapping: PostMapping) -> tuple[Documents, pl.Series]:
    """The documents, and the texts of their items as the mapping of each reads them.

    Documents of several mappings may list the same item. Then there are two of it: those that are
    read strictly come first.
    """
    rows, items = documents
    read = partial(translate_items, items, mapping.secrets)
    mappings = [mapping.at(path) or mapping for path in rows["source_path"]]
    is_strict = pl.Series([each.is_strict for each in mappings], dtype=pl.Boolean)
    if is_strict.all() or not is_strict.any():
        return documents, read(is_strict=is_strict.all())
    second = pl.col(ITEMS).list.eval(pl.element() + len(items))
    listed = pl.when(pl.lit(is_strict)).then(ITEMS).otherwise(second).alias(ITEMS)
    twice = Documents(rows.with_columns(listed), pl.concat([items, items]))
    return twice, pl.concat([read(is_strict=True), read(is_strict=False)])


def _find_item_shape() -> dict[str, Shape]:
    items = ARCHIVE.shape[_REPEATED]
    shape = items[0] if isinstance(items, list) else None
    if not isinstance(shape, dict):
        raise TypeError(f"{_REPEATED}: expected columns that are read from its items")
    return shape


_ITEM_SHAPE: Final = _find_item_shape()


def _spread(leftovers: list[Leftover], uses: pl.DataFrame) -> Iterator[Leftover]:
    """The leftovers of items, for every document that lists them."""
    by_item: dict[int, list[Leftover]] = defaultdict(list)
    for leftover in leftovers:
        by_item[leftover.row].append(leftover)
    used = uses.filter(pl.col("_item").is_in(list(by_item)))
    for document, item, position in used.select("_document", "_item", "position").iter_rows():
        for leftover in by_item[item]:
            path = (_REPEATED, position, *leftover.path)
            yield leftover._replace(row=document, path=path)
