"""Everything that the catalog says of a snapshot, as JSON types."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pipelines.errors import WarehouseError
from pipelines.reports.catalog.asking import Ask, asking
from pipelines.reports.catalog.doubts import describe_doubts
from pipelines.reports.catalog.findings import describe_findings
from pipelines.reports.catalog.history import describe_freshness, describe_history
from pipelines.reports.catalog.months import count_articles
from pipelines.reports.catalog.providers import describe_providers
from pipelines.reports.catalog.queries import list_queries
from pipelines.reports.catalog.tables import describe_tables, describe_views, list_joins
from pipelines.reports.catalog.traps import list_traps
from pipelines.reports.view_dictionary import describe
from pipelines.warehouse.snapshot import Snapshot
from pipelines.warehouse.warehouse import Warehouse


def gather_facts(warehouse: Warehouse, snapshot: Snapshot) -> dict[str, Any]:
    """What the page of `snapshot` shows, and `matterhouse catalog --json` prints.

    Raises:
        DamagedError: A file of the snapshot is damaged.
        WarehouseError: An older version made the snapshot.
    """
    snapshot.check_files()
    manifest = snapshot.manifest
    described = describe(None, snapshot)
    with ThreadPoolExecutor(1) as beside, asking(snapshot) as ask:
        _check_version(snapshot, ask)
        # A third of the work, with a database of its own.
        doubts = beside.submit(describe_doubts, warehouse, snapshot)
        tables = [each for each in described if each.name in manifest.tables]
        return {
            "snapshot": manifest.snapshot,
            "published_at": manifest.created_at,
            "run_id": manifest.run_id,
            "warehouse": str(warehouse.root.absolute()),
            "raw": manifest.raw,
            "mapping": manifest.mapping,
            "summary": _summarize(ask),
            "articles": count_articles(ask),
            "traps": list_traps(ask, manifest.tables),
            "tables": describe_tables(tables, snapshot, ask),
            "views": describe_views(each for each in described if each.is_view),
            "joins": list_joins(tables),
            "providers": describe_providers(ask),
            "findings": describe_findings(snapshot, ask),
            "freshness": describe_freshness(ask),
            **describe_history(warehouse),
            "queries": list_queries(warehouse.root.absolute()),
            "doubts": doubts.result(),
        }


def _check_version(snapshot: Snapshot, ask: Ask) -> None:
    """Refuse a snapshot whose articles lack the columns that views are made from."""
    if not ask("SELECT 1 FROM duckdb_views() WHERE view_name = 'article_providers'"):
        raise WarehouseError(
            f"{snapshot.folder}: an older version made this snapshot, and its tables lack columns "
            "that the page shows; the next build makes one that has them"
        )


def _summarize(ask: Ask) -> dict[str, Any]:
    """The figures at the top of the page."""
    (row,) = ask(
        "SELECT count(*) AS articles, count(*) FILTER (is_public) AS public, "
        "(SELECT count(DISTINCT provider) FROM article_providers) AS providers, "
        "min(published_on)::VARCHAR AS first, max(published_on)::VARCHAR AS last, "
        "count(*) FILTER (published_on IS NULL) AS undated FROM articles"
    )
    return row
