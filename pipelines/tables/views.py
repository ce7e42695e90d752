"""Views: what other tables read of a partition, as a hash.

Most edits of a site touch only `secured` or `heat`. They rebuild no table that does not read these
keys.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Final

import polars as pl

from pipelines.tables.documents import ITEMS, PARTITION, flatten
from pipelines.tables.fields import Fields
from pipelines.values.ids import identify
from schemas.documents import ARCHIVE
from schemas.language.registry import load_tables

ARTICLE_COLUMNS: Final = ("article_id", "url_id")
"""What a child reads of its articles: which are valid, in which order, and their addresses."""

_STEP: Final = 1_000
_SECRETS: Final = "|".join(map(re.escape, sorted(ARCHIVE.secret_keys)))
_SECRET_TEXT: Final = rf'"(?:{_SECRETS})":"(?:[^"\\]|\\.)*"'


def hash_documents(fields: Fields, tables: Iterable[str]) -> dict[str, dict[str, str]]:
    """For each partition of `fields`, a hash of what each of `tables` reads of its documents."""
    listed = fields.documents[ITEMS]
    items = pl.Series(map(identify, fields.items), dtype=pl.String)
    items_in_order = items.gather(flatten(listed))
    stretches = fields.documents.group_by(PARTITION, maintain_order=True).agg(
        documents=pl.len(), items=pl.col(ITEMS).list.len().sum()
    )
    columns = {table: _render_view(table, fields) for table in tables}
    mapping_id = fields.mapping.id
    hashes: dict[str, dict[str, str]] = {}
    start = first = 0
    for partition, count, item_count in stretches.iter_rows():
        items_hash = _hash(items_in_order.slice(first, item_count))
        hashes[partition] = {
            table: _hash(
                texts.slice(start, count), (items_hash if _reads_items(table) else "") + mapping_id
            )
            for table, texts in columns.items()
        }
        start += count
        first += item_count
    return hashes


def hash_articles(articles: pl.DataFrame, tables: Iterable[str]) -> dict[str, dict[str, str]]:
    """For each partition of valid `articles`, in order, a hash of what each of `tables` reads."""
    texts = pl.concat_str(pl.col(*ARTICLE_COLUMNS).fill_null("-"), separator=" ")
    by_partition = articles.group_by(PARTITION, maintain_order=True).agg(texts.alias("texts"))
    return {
        partition: dict.fromkeys(tables, _hash(rows))
        for partition, rows in by_partition.iter_rows()
    }


def _reads_items(table: str) -> bool:
    lists = load_tables()[table].lists
    return not lists or ARCHIVE.repeated_key in list_roots(table)


def list_roots(table: str) -> list[str]:
    """The root keys of the lists of `table`."""
    places = load_tables()[table].lists
    return list(dict.fromkeys(place.partition(".")[0].removesuffix("[]") for place in places))


def _render_view(table: str, fields: Fields) -> pl.Series:
    """What `table` reads of each document but for its items, of which the number is enough."""
    count = pl.col(ITEMS).list.len().cast(pl.String).fill_null("-")
    own = [pl.col("document_id"), count]
    if roots := [root for root in list_roots(table) if root != ARCHIVE.repeated_key]:
        values = fields.columns.select(pl.struct(roots).struct.json_encode()).to_series()
        own.append(pl.lit(values))
    elif not load_tables()[table].lists:
        body = pl.col("body").fill_null("-")
        # The length, since a body may contain what looks like the next document.
        front_matter = pl.col("front_matter").str.replace_all(_SECRET_TEXT, "")
        own += [front_matter, body.str.len_bytes().cast(pl.String), body]
    return fields.documents.select(pl.concat_str(own, separator="\n")).to_series()


def _hash(texts: pl.Series, and_then: str = "") -> str:
    """A hash of all `texts`, of which few are in memory as Python's own at a time."""
    digest = hashlib.sha256()
    for start in range(0, len(texts), _STEP):
        digest.update("\n".join([*texts[start : start + _STEP], ""]).encode())
    digest.update(and_then.encode())
    return digest.hexdigest()
