"""The state of a warehouse, for people and machines."""

from dataclasses import asdict
from itertools import islice
from typing import Any, Final

from pipelines.changes.comparison import compare_listing
from pipelines.changes.file_changes import count_statuses
from pipelines.changes.ledger import Ledger, open_ledger
from pipelines.changes.listing import Listing
from pipelines.changes.staleness import (
    is_dating_current,
    is_ingest_current,
    list_outdated,
    list_stale,
)
from pipelines.errors import NewerFormatError, RawError, WarehouseError
from pipelines.reports.advice import explain
from pipelines.runs.sightings import read_first_runs
from pipelines.runs.start import read_globs
from pipelines.settings.stored import read_mapping
from pipelines.sources.addresses import open_source
from pipelines.values.parts import find_month
from pipelines.warehouse.history import select_runs
from pipelines.warehouse.hold import find_hold
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse
from schemas.language.registry import list_derived, load_tables

SHOWN_RUNS: Final = 5
"""How many of the last runs are shown."""


def describe_status(warehouse: Warehouse, snapshot: Snapshot) -> dict[str, Any]:
    """What is published, out of date and rejected, and the last runs.

    `new_findings` are those that the run which made the snapshot saw first. `raw` compares the raw
    files as a build would, without reading any. It counts what differs and names what is gone, or
    has only an `error` if they cannot be listed. `damage` is a file of the snapshot that is missing
    or cut short; None if there is none.
    """
    manifest = snapshot.manifest
    hold = find_hold(warehouse.root)
    files = open_ledger(snapshot)
    findings = snapshot.read("findings").select("severity", "table_name")
    is_new = read_first_runs(snapshot) == manifest.run_id
    return {
        "warehouse": str(warehouse.root),
        "snapshot": manifest.snapshot,
        "published_at": manifest.created_at,
        "tables": {table: _describe_table(snapshot, table) for table in manifest.tables},
        "files": dict(count_statuses(files).most_common()),
        "findings": {
            f"{table} {severity}": count
            for severity, table, count in findings.group_by("severity", "table_name")
            .len()
            .sort("table_name", "severity")
            .iter_rows()
        },
        "hold": asdict(hold) if hold else None,
        "new_findings": {
            severity: findings.filter(is_new, severity=severity).height
            for severity in ("error", "warning")
        },
        "damage": _find_damage(snapshot),
        "stale": _describe_stale(snapshot),
        "raw": _describe_raw(snapshot, files),
        "runs": [
            {
                "run_id": run.run_id,
                "job": run.job,
                "status": run.status,
                "started_at": run.started_at,
                "seconds": run.seconds,
                "snapshot": run.snapshot,
                "message": run.message,
            }
            for run in islice(select_runs(warehouse.root), SHOWN_RUNS)
        ],
    }


def _find_damage(snapshot: Snapshot) -> str | None:
    try:
        snapshot.check_files()
    except WarehouseError as error:
        return explain(error)
    return None


def _describe_table(snapshot: Snapshot, table: str) -> dict[str, Any]:
    partitions = snapshot.manifest.tables[table]
    return {
        "rows": snapshot.count_rows(table),
        "bytes": sum(partition.bytes for partition in partitions.values()),
        "partitions": sum(partition.rows > 0 for partition in partitions.values()),
        "newest": max(
            (
                find_month(key)
                for key, record in partitions.items()
                if record.rows and key[:1].isdigit()
            ),
            default=None,
        ),
    }


def _describe_stale(snapshot: Snapshot) -> dict[str, list[str]]:
    """The partitions that a build would rebuild: other code wrote them, or their inputs changed."""
    tables = {name: snapshot.manifest.tables.get(name, {}) for name in load_tables()}
    stale = list_outdated(tables)
    if not (
        is_ingest_current(tables) and is_dating_current(tables, read_mapping(snapshot.manifest))
    ):
        stale["documents"] = sorted(tables["documents"])
    for table in list_derived():
        stale[table] = sorted({*stale[table], *list_stale(tables, table)})
    return stale


def _describe_raw(snapshot: Snapshot, ledger: Ledger) -> dict[str, Any]:
    manifest = snapshot.manifest
    try:
        listing = Listing(open_source(manifest.raw).list_files(read_globs(manifest)))
    except RawError as error:
        return {"error": str(error)}
    compared = compare_listing(listing, ledger)
    suspects, gone = compared.suspects, compared.gone
    known = ledger.find(suspects["source_path"], ["source_path", "size_bytes"])
    again = known["size_bytes"].count()
    return {
        "new": suspects.height - again,
        "to_be_read_again": again,
        "deleted": gone.height,
        "gone": gone["source_path"].to_list(),
        "include": list(manifest.include),
        "exclude": list(manifest.exclude),
    }


def list_snapshots(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Every snapshot, the newest first. Of a damaged one, only the number is known."""
    current = warehouse.pin().number
    return [
        {
            "snapshot": number,
            "current": number == current,
            **_describe_snapshot(warehouse.snapshot(number)),
        }
        for number in reversed(warehouse.numbers())
    ]


def _describe_snapshot(snapshot: Snapshot) -> dict[str, Any]:
    try:
        manifest = snapshot.manifest
    except WarehouseError as error:
        state = "newer" if isinstance(error, NewerFormatError) else "damaged"
        return {"published_at": state, "parent": None, "articles": None, "bytes": None}
    records = [record for table in manifest.tables.values() for record in table.values()]
    return {
        "published_at": manifest.created_at,
        "parent": manifest.parent,
        "articles": snapshot.count_rows("articles"),
        "bytes": sum(record.bytes for record in records),
    }
