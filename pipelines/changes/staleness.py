"""Which partitions are out of date: their inputs or the code changed."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, TypeAlias

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.warehouse.manifest import Partition
from schemas.documents import ARCHIVE
from schemas.language.registry import list_derived, load_tables

ARTICLE_COLUMNS: Final = ("article_id", "url_id")
"""What a child reads of its articles: which are valid, in which order, and their addresses."""

Tables: TypeAlias = Mapping[str, Mapping[str, Partition]]
"""The records of all partitions, by table and month."""
Inputs: TypeAlias = dict[str, str]
"""The hashes of what a partition is made from, by table."""


@cache
def list_views(table: str) -> Mapping[str, tuple[str, ...]]:
    """The columns of `table` that each other table reads; empty if none is made from it.

    Most edits of a site touch only `secured` or `heat`. They rebuild no table that does not read
    these keys.
    """
    if table == "documents":
        return {name: _list_document_columns(name) for name in list_derived()}
    if table == "articles":
        children = (each for each in load_tables().values() if each.made_from == "articles")
        return {each.name: ARTICLE_COLUMNS for each in children}
    return {}


def _list_document_columns(name: str) -> tuple[str, ...]:
    """The columns of documents that a table reads: its lists, or all that is not secret."""
    table = load_tables()[name]
    if table.lists:
        roots = (place.partition(".")[0].removesuffix("[]") for place in table.lists)
        return ("document_id", "source_path", *dict.fromkeys(roots))
    keys = (key for key in ARCHIVE.shape if key not in ARCHIVE.secret_keys)
    return ("document_id", "source_path", "collection", *keys, "extra", "body")


def is_ingest_current(tables: Tables) -> bool:
    """Whether this code parsed the documents, for the tables that there are."""
    return all(_is_current("documents", record) for record in tables["documents"].values())


def list_inputs(
    tables: Tables, table: str, months: Iterable[str] | None = None
) -> dict[str, Inputs]:
    """The inputs of each of `months` of `table`, or of all months that have documents.

    They are what the table reads of its documents and, for a child, of its articles.
    """
    inputs: dict[str, Inputs] = {}
    for month in list(tables["documents"]) if months is None else months:
        record = tables["documents"].get(month)
        if record and record.rows:
            inputs[month] = {"documents": record.views.get(table, "")}
            if table != "articles" and month in tables["articles"]:
                inputs[month]["articles"] = tables["articles"][month].views.get(table, "")
    return inputs


def list_stale(
    tables: Tables, table: str, months: Iterable[str] | None = None
) -> dict[str, Inputs]:
    """Those of `months` of `table` that are out of date, with the inputs that they have now."""
    records = tables[table]
    return {
        month: inputs
        for month, inputs in list_inputs(tables, table, months).items()
        if month not in records
        or records[month].inputs != inputs
        or not _is_current(table, records[month])
    }


def list_gone(tables: Tables, table: str) -> list[str]:
    """The months of `table` that have no documents any more."""
    inputs = list_inputs(tables, table)
    # A record without inputs is the empty file of a table that has no rows.
    return [
        month for month, record in tables[table].items() if month not in inputs and record.inputs
    ]


def list_outdated(tables: Tables) -> dict[str, list[str]]:
    """The partitions of every table that other code wrote, and that have no inputs.

    These are all of findings and files, and the empty file of a table without rows.
    """
    return {
        table: [
            key
            for key, record in records.items()
            if not record.inputs and not _is_current(table, record)
        ]
        for table, records in tables.items()
    }


def _is_current(table: str, record: Partition) -> bool:
    """Whether this code wrote the partition, with today's views."""
    is_viewed = not record.rows or record.views.keys() == list_views(table).keys()
    return is_viewed and record.fingerprint == fingerprint_table(table)
