"""The page at each publish, for a warehouse whose settings ask for it."""

import logging

from pipelines.errors import MatterhouseError
from pipelines.runs.job import Job
from pipelines.runs.operating import makes_catalog
from pipelines.warehouse.runs import RunRecord

logger = logging.getLogger(__name__)


def publish_page(job: Job, record: RunRecord) -> None:
    """Make the page of what a run published, if [catalog] says so.

    What is published stays published, so a failure is only logged. `matterhouse catalog` makes the
    page later.
    """
    if record.status != "published" or record.snapshot is None or not makes_catalog(job):
        return
    from pipelines.reports.catalog.keeping import keep_page
    from pipelines.warehouse.warehouse import Warehouse

    warehouse = Warehouse(job.warehouse)
    try:
        keep_page(warehouse, warehouse.snapshot(record.snapshot))
    except (MatterhouseError, OSError) as error:
        logger.warning(
            "the page of snapshot %d could not be made; `matterhouse catalog` tries again: %s",
            record.snapshot,
            error,
        )
