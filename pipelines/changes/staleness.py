"""Staleness: which partitions were made from other inputs, or by other code, than there are now."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.warehouse.manifest import Partition
from schemas.front_matter import FRONT_MATTER, SECRET_KEY

_KEYS: Final = ("document_id", "source_path")
DOCUMENT_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "articles": (
        *_KEYS,
        "collection",
        *(key for key in FRONT_MATTER if key != SECRET_KEY),
        "extra",
        "body",
    ),
    "images": (*_KEYS, "provider", "images", "related"),
    "related_links": (*_KEYS, "related"),
}
"""What each table reads of documents: most edits of a site touch only `secured` or `heat`, and make
nothing anew that does not read it."""
ARTICLE_COLUMNS: Final = ("article_id", "url_id")
"""What a child reads of its article: who is valid, in which order, and under which address."""
DERIVED_TABLES: Final = tuple(DOCUMENT_COLUMNS)
"""The tables made from documents, parents first."""
VIEWS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "documents": DOCUMENT_COLUMNS,
    "articles": {table: ARTICLE_COLUMNS for table in DERIVED_TABLES if table != "articles"},
}
"""Of each table that others are made from, what each of these reads."""

Tables: TypeAlias = Mapping[str, Mapping[str, Partition]]
"""The records of all partitions, by table and month."""
Inputs: TypeAlias = dict[str, str]
"""The hashes of what a partition is made from, by table."""


def is_ingest_current(tables: Tables) -> bool:
    """The documents were parsed by the code that there is now, for the tables that there are."""
    return all(_is_of_now("documents", record) for record in tables["documents"].values())


def list_inputs(
    tables: Tables, table: str, months: Iterable[str] | None = None
) -> dict[str, Inputs]:
    """What each of `months` of `table` is to be made from; by default of all.

    That is what it reads of its documents, and for a child of its articles.
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
    """Those of `months` of `table` that are to be made anew, with their inputs."""
    records = tables[table]
    return {
        month: inputs
        for month, inputs in list_inputs(tables, table, months).items()
        if month not in records
        or records[month].inputs != inputs
        or not _is_of_now(table, records[month])
    }


def list_gone(tables: Tables, table: str) -> list[str]:
    """The months of `table` that have no documents any more."""
    inputs = list_inputs(tables, table)
    # A record without inputs is the empty file of a table that has no rows.
    return [
        month for month, record in tables[table].items() if month not in inputs and record.inputs
    ]


def list_outdated(tables: Tables) -> dict[str, list[str]]:
    """The partitions of every table that other code wrote, and that no input can make stale.

    Those are all of findings and files, and the empty file of a table without rows.
    """
    return {
        table: [
            key
            for key, record in records.items()
            if not record.inputs and not _is_of_now(table, record)
        ]
        for table, records in tables.items()
    }


def _is_of_now(table: str, record: Partition) -> bool:
    """The present code would write this partition so, and record these views of it."""
    is_viewed = not record.rows or record.views.keys() == VIEWS.get(table, {}).keys()
    return is_viewed and record.fingerprint == fingerprint_table(table)
