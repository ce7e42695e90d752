"""Which partitions are out of date: their inputs or the code changed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import TypeAlias

from pipelines.changes.fingerprints import fingerprint_table
from pipelines.mapping.post_mapping import PostMapping
from pipelines.warehouse.manifest import Partition
from schemas.documents import ARCHIVE
from schemas.language.registry import load_tables

Tables: TypeAlias = Mapping[str, Mapping[str, Partition]]
"""The records of all partitions, by table and partition."""
Inputs: TypeAlias = dict[str, str]
"""The hashes of what a partition is made from, by table."""


@cache
def name_views(table: str) -> Mapping[str, str]:
    """For each table that is made from `table`, the name of its view in a record.

    The name changes with the code and the keys that decide what a view is. So a record tells
    whether its views are those of now.
    """
    origins = {"documents": ("documents", "articles"), "articles": ("articles",)}.get(table, ())
    code = fingerprint_table("views")[:8]
    children = (each for each in load_tables().values() if each.made_from in origins)
    return {each.name: f"{each.name}:{code}" for each in children}


def has_views(table: str, record: Partition) -> bool:
    """Whether the record has a hash of everything that each other table reads of it now.

    Such a hash is called a view. Other tables are up to date as long as their view is the same.
    """
    return not record.rows or record.views.keys() == set(name_views(table).values())


def is_ingest_current(tables: Tables) -> bool:
    """Whether this code parsed the documents. Which tables are made from them does not matter."""
    code = fingerprint_table("documents")
    return all(record.fingerprint == code for record in tables["documents"].values())


def name_dating(mapping: PostMapping) -> str:
    """What decides the months of documents: the keys of dates, and the code that reads them."""
    keys = mapping.id or ARCHIVE.date_key
    return f"{keys}:{fingerprint_table('dates')[:8]}"


def is_dating_current(tables: Tables, mapping: PostMapping) -> bool:
    """Whether the documents lie in the months that `mapping` gives them now."""
    dating = name_dating(mapping)
    records = tables["documents"].values()
    return all(record.inputs.get("dating") == dating for record in records if record.rows)


def note_mapping(record: Partition, mapping: PostMapping) -> Partition:
    """`record` of documents, noting that they are read by `mapping`.

    If another one read them before, the record loses its views, so they are computed again.
    """
    if not record.rows:
        return record
    before = record.inputs.get("mapping")
    now = mapping.id or None
    if before == now:
        return record
    inputs = {name: digest for name, digest in record.inputs.items() if name != "mapping"}
    return replace(record, inputs={**inputs, "mapping": now} if now else inputs, views={})


def list_unviewed(tables: Tables) -> list[str]:
    """The partitions of documents that lack a view of now. They are read, but not written."""
    return [
        key for key, record in tables["documents"].items() if not has_views("documents", record)
    ]


def list_inputs(
    tables: Tables, table: str, partitions: Iterable[str] | None = None
) -> dict[str, Inputs]:
    """The inputs of each of `partitions` of `table`, or of all that have documents.

    They are what the table reads of its documents and, for a child, of its articles.
    """
    inputs: dict[str, Inputs] = {}
    for key in list(tables["documents"]) if partitions is None else partitions:
        record = tables["documents"].get(key)
        if record and record.rows:
            inputs[key] = {"documents": record.views.get(name_views("documents")[table], "")}
            if table in name_views("articles") and key in tables["articles"]:
                views = tables["articles"][key].views
                inputs[key]["articles"] = views.get(name_views("articles")[table], "")
    return inputs


def list_stale(
    tables: Tables, table: str, partitions: Iterable[str] | None = None
) -> dict[str, Inputs]:
    """Those of `partitions` of `table` that are out of date, with the inputs that they have now."""
    records = tables[table]
    return {
        key: inputs
        for key, inputs in list_inputs(tables, table, partitions).items()
        if key not in records
        or records[key].inputs != inputs
        or not _is_current(table, records[key])
    }


def list_gone(tables: Tables, table: str) -> list[str]:
    """The partitions of `table` that have no documents any more."""
    inputs = list_inputs(tables, table)
    # A record without inputs is the empty file of a table that has no rows.
    return [key for key, record in tables[table].items() if key not in inputs and record.inputs]


def list_outdated(tables: Tables) -> dict[str, list[str]]:
    """The partitions of every table that other code wrote, and that have no inputs.

    These are all of findings and files, and the empty file of a table without rows. What earlier
    runs saw is never out of date.
    """
    return {
        table: [
            key
            for key, record in records.items()
            if not record.inputs and not _is_current(table, record)
        ]
        if not load_tables()[table].is_history
        else []
        for table, records in tables.items()
    }


def _is_current(table: str, record: Partition) -> bool:
    """Whether this code wrote the partition, with today's views."""
    return record.fingerprint == fingerprint_table(table) and has_views(table, record)
