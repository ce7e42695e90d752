"""The history of a warehouse: its snapshots, its runs, and how fresh its articles are."""

from itertools import islice
from typing import Any, Final

from pipelines.reports.catalog.asking import Ask
from pipelines.reports.status import list_snapshots
from pipelines.warehouse.history import select_runs
from pipelines.warehouse.warehouse import Warehouse

SHOWN_RUNS: Final = 30
SHOWN_SNAPSHOTS: Final = 30
SHOWN_COLLECTIONS: Final = 30


def describe_history(warehouse: Warehouse) -> dict[str, Any]:
    """The newest snapshots and runs of `warehouse`, and how many more there are."""
    snapshots = list_snapshots(warehouse)
    runs = [
        {
            "run_id": run.run_id,
            "job": run.job,
            "status": run.status,
            "started_at": run.started_at,
            "seconds": run.seconds,
            "snapshot": run.snapshot,
            "changes": {name: count for name, count in run.changes.items() if count},
            "message": run.message,
        }
        for run in islice(select_runs(warehouse.root), SHOWN_RUNS)
    ]
    return {
        "snapshots": snapshots[:SHOWN_SNAPSHOTS],
        "more_snapshots": max(0, len(snapshots) - SHOWN_SNAPSHOTS),
        "runs": runs,
    }


def describe_freshness(ask: Ask) -> dict[str, Any]:
    """The newest article of each collection, and how late its articles are first seen.

    `last_30_days` are those of the 30 days up to the newest one. `hours_late` is a median over the
    `timed` articles: those that came after the first run and have a date.
    """
    rows = ask(
        "WITH newest AS (SELECT collection, max(published_on) AS last FROM articles GROUP BY ALL) "
        "SELECT collection, any_value(last)::VARCHAR AS newest, count(*) AS articles, "
        "count(*) FILTER (published_on > last - 30) AS last_30_days, "
        "count(*) FILTER (published_on IS NULL) AS undated, "
        "count(hours_late) AS timed, median(hours_late) AS hours_late "
        "FROM articles JOIN newest USING (collection) "
        "LEFT JOIN (SELECT article_id, hours_late FROM freshness) USING (article_id) GROUP BY ALL "
        "ORDER BY newest DESC NULLS LAST, collection"
    )
    return {
        "rows": rows[:SHOWN_COLLECTIONS],
        "more": max(0, len(rows) - SHOWN_COLLECTIONS),
    }
